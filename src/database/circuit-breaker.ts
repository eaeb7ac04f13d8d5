import { setTimeout as pauseFor } from 'node:timers/promises'
import pg from 'pg'
import { type Instant, instantOf } from './instant.ts'

/** A time in which the database cannot be reached. */
export interface Outage {
  readonly since: Instant
  readonly cause: unknown
}

/**
 * A circuit breaker around connecting to the database. Its states:
 * - CLOSED: the database can be reached, as far as is known; everyone connects for themselves.
 * - SUSPECTED: still closed, but an open connection is silent; one probe finds out (`suspect`). If it fails, OPEN.
 * - OPEN: the last attempt to connect failed (`outage` says since when and why). Callers are refused at once instead of
 *   waiting for a connection of their own, and a prober tries every 50 to 750 ms. The first success closes the breaker.
 * - DISPOSED: neither probes nor opens any more.
 */
export interface CircuitBreaker extends Disposable {
  /** undefined: closed. */
  readonly outage: Outage | undefined
  /** Makes a connection, and notes whether that succeeds. */
  attempt<Connection>(connect: () => Promise<Connection>): Promise<Connection>
  /** A new connection was made. */
  succeeded(): void
  /** An attempt that began at that time of `performance.now()` made no connection. */
  failed(began: number, cause: unknown): void
  /** Probes with a new connection, because an open one is silent. */
  suspect(): void
  /** Resolves when the breaker is closed, or when the signal aborts. */
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
/** Below a second with its jitter: the longest time until a database that is back is noticed. */
const LONGEST_PAUSE_MS = 500
/** At a time: on a silent network each probe takes its whole timeout, and must not hold up the next. */
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
    // An error of the server itself, such as too many connections, shows that it can be reached.
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
    // `attempt` notes the result.
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

/** Whether the error comes from the server itself, except that it is starting up or shutting down. */
function isTold(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !error.code?.startsWith('57P')
}
