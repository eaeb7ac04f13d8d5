import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startTimeout } from '../timeout.ts'
import type { Client } from './client.ts'
import type { Operation } from './operation.ts'

/** A cancellation may arrive while nothing runs: between two statements, or before the first one. */
const CANCEL_AGAIN_MS = 500

interface LeaseOptions {
  /** Who holds the lease: at its deadline, what runs on the connection is cancelled. */
  operation: Operation | undefined
  /** The connection is back in its pool, or closed. */
  onEnd(): void
}

/**
 * Lends a connection of a pool until it is released. Its states:
 * - LENT: statements run on it.
 * - CANCELLING: the operation is past its deadline; a cancellation is sent every half second.
 * - ENDING: it was released while CANCELLING; it waits for the last cancellation, which must not hit the next holder.
 * - ENDED: it is back in its pool, or closed if it is not certain that every cancellation has taken effect.
 */
export function lease(client: pg.PoolClient & Client, { operation, onEnd }: LeaseOptions): void {
  const release = client.release
  let cancelling: Cancelling | undefined
  const deadline = operation?.cancels
    ? operation.onOver(() => {
        cancelling = cancelAgainAndAgain(client)
      })
    : undefined
  const end = (fault?: Error | boolean): void => {
    release(fault)
    onEnd()
  }
  client.release = (fault) => {
    deadline?.[Symbol.dispose]()
    if (cancelling === undefined) end(fault)
    else cancelling.end().then(() => end(fault), end)
  }
}

interface Cancelling {
  /** Sends no more. Resolves when every cancellation has taken effect, and rejects if that is not certain. */
  end(): Promise<void>
}

function cancelAgainAndAgain(client: Client): Cancelling {
  const ending = new AbortController()
  const { signal } = ending
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await cancelStatement(client)
      await sleep(CANCEL_AGAIN_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  }
  const ended = run()
  // A failure is reported by `end`, which may be called later.
  ended.catch(() => {})
  return {
    end: () => {
      ending.abort()
      return ended
    },
  }
}

// Parts of pg that its types leave out.
declare module 'pg' {
  interface Client {
    readonly sslNegotiation: 'postgres' | 'direct'
  }
  interface ClientConfig {
    /** As a Connection calls it; a Client calls it sslnegotiation. */
    sslNegotiation?: 'postgres' | 'direct'
  }
  interface Connection {
    connect(port: number, host: string): void
    connect(path: string): void
    requestSsl(): void
    cancel(processID: number, secretKey: number): void
  }
}

const CANCEL_MS = 5000

/**
 * Asks the database to cancel what a connection runs, by CancelRequest on a connection of its own. Such a connection
 * does not count against `max_connections`, and poolers pass it on.
 *
 * Resolves when the server has hung up. By then it has sent the signal, which cannot hit later statements. Rejects if
 * that is not certain: the connection must not be used for anything else.
 */
async function cancelStatement(client: Client): Promise<void> {
  const { host, port, ssl, sslNegotiation } = client
  const key = cancelKeyOf(client)
  if (key === undefined) return
  const socket = new Socket()
  const connection = new pg.Connection({
    stream: () => socket,
    ssl,
    sslNegotiation,
  })
  const hungUp = Promise.withResolvers<void>()
  connection.on('error', hungUp.reject)
  connection.once('end', hungUp.resolve)
  const cancel = (): void => connection.cancel(...key)
  connection.once('sslconnect', cancel)
  connection.once('connect', () => {
    if (!ssl) cancel()
    else if (sslNegotiation !== 'direct') connection.requestSsl()
  })
  const onTimeout = (): void => void socket.destroy(new Error('timeout expired'))
  using _timeout = startTimeout(CANCEL_MS, onTimeout)
  // A closed connection has nothing left to cancel.
  client.socket.once('close', onTimeout)
  try {
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`)
    else connection.connect(port, host)
    await hungUp.promise
  } finally {
    client.socket.off('close', onTimeout)
  }
}

/** undefined if the server sent none, as with some poolers: then only the statement timeout ends what runs. */
function cancelKeyOf(client: Client): [processID: number, secretKey: number] | undefined {
  if (!('processID' in client && 'secretKey' in client)) return undefined
  const { processID, secretKey } = client
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return undefined
  return [processID, secretKey]
}
