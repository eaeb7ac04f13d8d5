import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** What a listener tells its owner. */
export interface ListenerEvents {
  onNotification(payload: string): void
  /** The channel is listened to, for the first time or again: what was announced in between is not repeated. */
  onListening(): void
  /** The connection broke; the listener is connecting again. */
  onLost(cause: Error): void
}

export interface Listener extends AsyncDisposable {
  /** Whether the channel is listened to at this moment. */
  readonly listening: boolean
}

const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 2000
const PROBE_EVERY_MS = 15_000

/**
 * Keeps one connection on LISTEN, and connects again with a jittered, growing pause whenever it breaks. The
 * connection is probed, since a peer that vanished without a word would otherwise go unnoticed for hours: its
 * queries need a timeout. `connect` may wait until the database can be reached, or the signal aborts.
 */
export function openListener(
  connect: (signal: AbortSignal) => Promise<pg.Client>,
  channel: string,
  events: ListenerEvents,
): Listener {
  const closing = new AbortController()
  const { signal } = closing
  let listening = false
  let retryMs = FIRST_RETRY_MS

  /** Listens until the connection breaks, which rejects, or the listener closes, which resolves. */
  const listenOnce = async (): Promise<void> => {
    const client = await connect(signal)
    if (signal.aborted) return client.end()
    const ended = Promise.withResolvers<void>()
    // Awaited only once the channel is listened to.
    ended.promise.catch(() => {})
    client.on('error', ended.reject)
    client.on('end', () => ended.reject(new Error('The connection ended')))
    client.on('notification', ({ payload }) => events.onNotification(payload ?? ''))
    const close = () => ended.resolve()
    signal.addEventListener('abort', close)
    const probe = setInterval(() => {
      client.query('select 1').catch(ended.reject)
    }, PROBE_EVERY_MS)
    try {
      await client.query(`listen ${pg.escapeIdentifier(channel)}`)
      listening = true
      retryMs = FIRST_RETRY_MS
      events.onListening()
      if (!signal.aborted) await ended.promise
    } finally {
      listening = false
      clearInterval(probe)
      signal.removeEventListener('abort', close)
      await client.end()
    }
  }

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await listenOnce()
      } catch (error) {
        if (signal.aborted) return
        events.onLost(error instanceof Error ? error : new Error(String(error)))
        const pause = retryMs * (0.5 + Math.random())
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
        await sleep(pause, undefined, { signal }).catch(() => {})
      }
    }
  }
  const finished = run()

  return {
    get listening() {
      return listening
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await finished
    },
  }
}
