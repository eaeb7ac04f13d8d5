import { setTimeout as sleep } from 'node:timers/promises'
import { startTimeout } from '../timeout.ts'
import { trackClients } from './client.ts'
import { connectionRefusal } from './connection-refusal.ts'
import { unavailable } from './faults.ts'

/** Between two attempts. */
const PAUSE_MS = 250

export interface WaitOptions {
  url: string
  /** Milliseconds. On a silent network the last attempt may take five seconds more. */
  limit: number
  /** Ends the waiting, with an AbortError. */
  signal?: AbortSignal | undefined
  /** Called once, if the first attempt fails. */
  onWaiting: (cause: unknown) => void
}

/**
 * Resolves as soon as a connection to the database can be made. Throws DATABASE_UNAVAILABLE when the limit is over, and
 * at once if waiting does not help (`connectionRefusal`).
 */
export async function waitForDatabase(options: WaitOptions): Promise<void> {
  const { url, limit, signal, onWaiting } = options
  const clients = trackClients()
  signal?.addEventListener('abort', clients.destroy)
  let over = false
  using _limit = startTimeout(limit, () => {
    over = true
  })
  try {
    for (let attempt = 1; ; attempt++) {
      const cause = await connect()
      if (cause === undefined) return
      if (over || connectionRefusal(cause) !== undefined) throw unavailable(cause)
      if (attempt === 1) onWaiting(cause)
      await sleep(PAUSE_MS, undefined, { signal })
    }
  } finally {
    signal?.removeEventListener('abort', clients.destroy)
    clients.destroy()
  }

  /** Returns why no connection can be made; undefined: one was made, and ended again. */
  async function connect(): Promise<unknown> {
    try {
      const client = new clients.Client({
        connectionString: url,
        application_name: 'heliograph start',
      })
      await client.connect()
      await client.end()
      return undefined
    } catch (error) {
      return error
    }
  }
}
