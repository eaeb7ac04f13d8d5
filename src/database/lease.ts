import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startTimeout } from '../timeout.ts'
import type { Client } from './client.ts'
import type { Operation } from './operation.ts'

/** It may have come while nothing ran: between two statements, or before one had arrived. */
const CANCEL_AGAIN_MS = 500

interface LeaseOptions {
  /** Whose the lease is: when its time is over, what runs on the connection is cancelled. */
  operation: Operation | undefined
  /** The connection is back in its pool, or was closed. */
  onEnd(): void
}

/**
 * Lends a connection of a pool until it is released. It goes back to the pool only when every cancellation that is
 * under way has had its effect, so that none hits whoever is lent it next; where that is not certain it is closed.
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
  /** Cancels no more. Resolves when nothing is under way, and rejects where that is not certain. */
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
  // Told when it ends, which may be later.
  ended.catch(() => {})
  return {
    end: () => {
      ending.abort()
      return ended
    },
  }
}

// What pg has and its types leave out.
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
 * Asks the database to cancel what a connection runs, by a message on a connection of its own (CancelRequest), which
 * takes none of those that are counted, and which poolers pass on.
 *
 * Resolves when the other side has hung up. By then the signal has been sent, and it hits nothing that is asked on
 * the connection from now on. Rejects where that is not certain: the connection must not be used for anything else.
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
  // What is closed has nothing to cancel any more.
  client.socket.once('close', onTimeout)
  try {
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`)
    else connection.connect(port, host)
    await hungUp.promise
  } finally {
    client.socket.off('close', onTimeout)
  }
}

/** undefined where the other side told none, as some poolers do: then only the statement timeout ends what runs. */
function cancelKeyOf(client: Client): [processID: number, secretKey: number] | undefined {
  if (!('processID' in client && 'secretKey' in client)) return undefined
  const { processID, secretKey } = client
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return undefined
  return [processID, secretKey]
}
