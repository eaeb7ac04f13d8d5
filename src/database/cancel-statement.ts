import { Socket } from 'node:net'
import pg from 'pg'
import { startPatience } from '../patience.ts'
import type { Client } from './client.ts'

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
export async function cancelStatement(client: Client): Promise<void> {
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
  const giveUp = (): void => void socket.destroy(new Error('timeout expired'))
  using _patience = startPatience(CANCEL_MS, giveUp)
  // What is closed has nothing to cancel any more.
  client.socket.once('close', giveUp)
  try {
    if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`)
    else connection.connect(port, host)
    await hungUp.promise
  } finally {
    client.socket.off('close', giveUp)
  }
}

/** undefined where the other side told none, as some poolers do: then only the statement timeout ends what runs. */
function cancelKeyOf(client: Client): [processID: number, secretKey: number] | undefined {
  if (!('processID' in client && 'secretKey' in client)) return undefined
  const { processID, secretKey } = client
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return undefined
  return [processID, secretKey]
}
