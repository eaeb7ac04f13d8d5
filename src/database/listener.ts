import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { withTimeout } from '../timeout.ts'

/** What a listener tells its owner. */
export interface ListenerEvents {
  onNotification(payload: string): void
  /** LISTEN took effect, for the first time or again. Notifications from before are lost. */
  onListening(): void
  /** The connection broke; the listener is connecting again. */
  onLost(cause: Error): void
}

/**
 * The states of a listener:
 * - `connecting`: the connection is being made, for the first time or after it broke
 * - `listening`: notifications arrive
 * - `not carried`: a pooler in transaction mode is in between; it accepts LISTEN and passes no notification on
 * - `queue full`: PostgreSQL's notification queue is more than half full, so Heliograph sends none
 * A connection that is made leads to `listening`. A probe every 15 seconds moves between the last three. A connection
 * that breaks, or does not answer the probe within 5 seconds, leads back to `connecting`.
 */
export type ListenerState = 'listening' | 'connecting' | 'not carried' | 'queue full'

export interface Listener extends AsyncDisposable {
  readonly state: ListenerState
}

/** Sends NOTIFY over another connection. Returns false, and sends nothing, if the queue is more than half full. */
export type Announce = (channel: string, payload: string) => Promise<boolean>

const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 2000
const PROBE_EVERY_MS = 15_000
/** A connection that does not answer a statement within this time is broken. */
const ANSWERED_WITHIN_MS = 5000
/** A notification that takes longer is not carried. */
const CARRIED_WITHIN_MS = 2000

/**
 * Keeps one connection on LISTEN, and connects again with a jittered, growing pause whenever it breaks. The
 * connection is probed, because a vanished peer would otherwise go unnoticed for hours. A notification to itself, sent
 * over another connection, shows whether notifications arrive. `connect` may wait until the database can be reached, or
 * the signal aborts.
 */
export function openListener(
  {
    connect,
    announce,
  }: { connect: (signal: AbortSignal) => Promise<pg.Client>; announce: Announce },
  channel: string,
  events: ListenerEvents,
): Listener {
  const closing = new AbortController()
  const { signal } = closing
  const ownChannel = `heliograph_${randomUUID()}`
  let state: ListenerState = 'connecting'
  let retryMs = FIRST_RETRY_MS

  /** Listens until the connection breaks, which rejects, or the listener closes, which resolves. */
  const listenOnce = async (): Promise<void> => {
    const client = await connect(signal)
    if (signal.aborted) return client.end()
    const ended = Promise.withResolvers<void>()
    // Awaited only after LISTEN: a rejection before that must not be unhandled.
    ended.promise.catch(() => {})
    client.on('error', ended.reject)
    client.on('end', () => ended.reject(new Error('The connection ended')))
    let echo: PromiseWithResolvers<void> | undefined
    client.on('notification', (notification) => {
      if (notification.channel === ownChannel) echo?.resolve()
      else events.onNotification(notification.payload ?? '')
    })
    const close = () => ended.resolve()
    signal.addEventListener('abort', close)

    const ask = (statement: string) =>
      withTimeout(client.query(statement), ANSWERED_WITHIN_MS, () => {
        throw new Error(`No answer within ${ANSWERED_WITHIN_MS} ms`)
      })
    const listenForEcho = async (): Promise<ListenerState> => {
      const arrived = Promise.withResolvers<void>()
      echo = arrived
      if (!(await announce(ownChannel, ''))) return 'queue full'
      const heard = arrived.promise.then(() => 'listening' as const)
      return await withTimeout(heard, CARRIED_WITHIN_MS, () => 'not carried' as const)
    }
    const probe = async (): Promise<void> => {
      await ask('select 1').catch(ended.reject)
      // If nothing can be announced, nothing can be written either, and health reports that.
      const heard = await listenForEcho().catch(() => state)
      if (state !== 'connecting') state = heard
    }
    const probing = setInterval(probe, PROBE_EVERY_MS)
    try {
      for (const name of [channel, ownChannel]) {
        await ask(`listen ${pg.escapeIdentifier(name)}`)
      }
      state = 'listening'
      retryMs = FIRST_RETRY_MS
      events.onListening()
      probe()
      if (!signal.aborted) await ended.promise
    } finally {
      state = 'connecting'
      clearInterval(probing)
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
    get state() {
      return state
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await finished
    },
  }
}
