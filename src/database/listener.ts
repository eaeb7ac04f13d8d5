import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { withTimeout } from '../timeout.ts'

/** What a listener tells its owner. */
export interface ListenerEvents {
  onNotification(payload: string): void
  /** The channel is listened to, for the first time or again: what was announced in between is not repeated. */
  onListening(): void
  /** The connection broke; the listener is connecting again. */
  onLost(cause: Error): void
}

/**
 * How announcements reach a listener at this moment: heard; not listening, since the connection is being made; not
 * carried, since what stands between (a pooler that lends connections by the transaction) takes LISTEN and passes
 * nothing on; or kept back, since the database's queue of notifications is more than half full.
 */
export type ListenerState = 'listening' | 'connecting' | 'not carried' | 'queue full'

export interface Listener extends AsyncDisposable {
  readonly state: ListenerState
}

/** Announces a text on a channel, over another connection, unless the queue is more than half full: then false. */
export type Announce = (channel: string, payload: string) => Promise<boolean>

const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 2000
const PROBE_EVERY_MS = 15_000
/** A question to the database that takes longer is not answered. */
const ANSWERED_WITHIN_MS = 5000
/** An announcement that takes longer is not carried. */
const CARRIED_WITHIN_MS = 2000

/**
 * Keeps one connection on LISTEN, and connects again with a jittered, growing pause whenever it breaks. The
 * connection is probed, since a peer that vanished without a word would otherwise go unnoticed for hours. An announcement to itself, over another connection, shows whether it hears anything.
 * `connect` may wait until the database can be reached, or the signal aborts.
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
    // Awaited only once the channel is listened to.
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
      // Where nothing can be announced, nothing can be written either, and health tells of that.
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
