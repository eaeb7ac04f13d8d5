import { setTimeout as pauseFor } from 'node:timers/promises'
import pg from 'pg'
import { type Instant, instantOf } from './instant.ts'

/** A time in which the database cannot be reached. */
export interface Outage {
  readonly since: Instant
  readonly cause: unknown
}

/**
 * Whether the database can be reached, as attempts to connect tell. While it cannot, one prober tries again and
 * again, so that everybody else can be told at once instead of waiting for a connection of their own.
 */
export interface CircuitBreaker extends Disposable {
  /** undefined while the database can be reached, as far as is known. */
  readonly outage: Outage | undefined
  /** Makes a connection, and learns from how that ends. */
  attempt<Connection>(connect: () => Promise<Connection>): Promise<Connection>
  /** A new connection was made. */
  succeeded(): void
  /** No connection could be made by an attempt that began then, by `performance.now()`. */
  failed(began: number, cause: unknown): void
  /** Finds out by a connection of its own, because another one is silent. */
  suspect(): void
  /** Resolves when there is no outage, or when the signal aborts. */
  untilClosed(signal: AbortSignal): Promise<void>
}

export interface CircuitBreakerOptions {
  /** Makes a connection and ends it; fails after so many milliseconds. */
  probe(timeoutMs: number): Promise<void>
  onOutage(outage: Outage): void
  onRestored(outage: Outage): void
  /** Waits between two probes; rejects when the signal aborts. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

const FIRST_PAUSE_MS = 100
/** With its jitter below a second: so soon is a database noticed that is back. */
const LONGEST_PAUSE_MS = 500
/** Behind a silent network each probe takes all of its time, and does not hold up the next. */
const MOST_PROBES = 8
const PROBE_TIMEOUT_MS = 5000
const SUSPECT_TIMEOUT_MS = 3000

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  pauseFor(ms, undefined, { signal, ref: false })

export function openCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { probe, onOutage, onRestored, pause = sleep } = options
  const closing = new AbortController()
  let outage: Outage | undefined
  let restored = Promise.withResolvers<void>()
  let succeededAt = Number.NEGATIVE_INFINITY
  let suspecting = false
  let probes = 0

  const succeeded = (): void => {
    succeededAt = performance.now()
    if (outage === undefined) return
    const ended = outage
    outage = undefined
    restored.resolve()
    onRestored(ended)
  }
  const failed = (began: number, cause: unknown): void => {
    // What the server itself says, such as that it has too many connections, it says because it is there.
    if (isTold(cause)) {
      succeeded()
      return
    }
    if (outage !== undefined || began < succeededAt || closing.signal.aborted) return
    const elapsed = performance.now() - began
    outage = { since: instantOf(new Date(Date.now() - elapsed)), cause }
    restored = Promise.withResolvers()
    onOutage(outage)
    probeUntilRestored(outage)
  }
  const attempt = async <Connection>(connect: () => Promise<Connection>): Promise<Connection> => {
    const began = performance.now()
    try {
      const connection = await connect()
      succeeded()
      return connection
    } catch (error) {
      failed(began, error)
      throw error
    }
  }
  const tryOnce = async (timeoutMs: number): Promise<void> => {
    probes += 1
    // What it finds is noted by `attempt`.
    await attempt(() => probe(timeoutMs)).catch(() => {})
    probes -= 1
  }
  const probeUntilRestored = async (current: Outage): Promise<void> => {
    const { signal } = closing
    for (let ms = FIRST_PAUSE_MS; ; ms = Math.min(ms * 2, LONGEST_PAUSE_MS)) {
      await pause(ms * (0.5 + Math.random()), signal).catch(() => {})
      if (signal.aborted || outage !== current) return
      if (probes < MOST_PROBES) tryOnce(PROBE_TIMEOUT_MS)
    }
  }

  return {
    get outage() {
      return outage
    },
    attempt,
    succeeded,
    failed,
    suspect: () => {
      if (suspecting || outage !== undefined || closing.signal.aborted) return
      suspecting = true
      tryOnce(SUSPECT_TIMEOUT_MS).finally(() => {
        suspecting = false
      })
    },
    untilClosed: async (signal) => {
      if (outage === undefined || signal.aborted) return
      const aborted = Promise.withResolvers<void>()
      const onAbort = () => aborted.resolve()
      signal.addEventListener('abort', onAbort)
      await Promise.race([restored.promise, aborted.promise])
      signal.removeEventListener('abort', onAbort)
    },
    [Symbol.dispose]: () => closing.abort(),
  }
}

/** Whether the server refused the connection in its own words, other than that it is going or coming up. */
function isTold(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !error.code?.startsWith('57P')
}
