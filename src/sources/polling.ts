import { setTimeout as sleep } from 'node:timers/promises'
import { type Instant, instantOf } from '../database/instant.ts'
import type { Logger } from '../log.ts'
import type { Measure } from '../measure.ts'
import type { Check } from '../system/health.ts'
import type { SourceIdentity } from '../telemetry/source-state.ts'
import type { Tracer } from '../tracing/tracer.ts'
import { isRefusal, pauseAfterRefusals } from './refusal.ts'
import type { Source, SourceReadings } from './source.ts'
import type { SourceStore } from './source-store.ts'

export interface PollingOptions {
  identity: SourceIdentity
  source: Source
  store: SourceStore
  log: Logger
  tracer?: Tracer | undefined
}

/** A source that runs. */
export interface RunningSource extends AsyncDisposable {
  readonly check: Check
}

/** A poll that takes longer is given up. */
const LONGEST_POLL_MS = 60_000
/** A source that fails is asked again after at most this long, or after its own interval if that is longer. */
const LONGEST_PAUSE_MS = 60_000
/** Other servers look this often, or four times an interval, whether the one that polls has died. */
const LOOK_MS = 5000
const SHORTEST_PAUSE_MS = 1000

const NO_READING = 'The connection is there, but no reading comes'

/**
 * Polls a source, or listens to it, and stores what it gives, until disposed. The states:
 * - WAITING: another server has the source, or the database is away and nobody has it.
 * - PENDING: this server has it and waits for its first reading. If none comes within five intervals, it is FAILING.
 * - WORKING: this server has it, and it gave readings last time.
 * - FAILING: this server has it, and it gave nothing. It is asked again after its interval, then after twice that, up to
 *   a minute. It is logged when this begins and when it is over.
 * - REFUSED: this server has it, and the other side does not let its user in. It is asked again after ten minutes, then
 *   after twice that, up to six hours, because accounts are locked that are tried too often.
 *
 * The claim on a source ends with its server, so that another one takes over within the source's interval. While the
 * database is away the server that had it goes on, and its readings wait on disk.
 */
export function runSource(options: PollingOptions): RunningSource {
  const stop = new AbortController()
  const run = new SourceRun(options, stop.signal)
  const running = run.run()
  return {
    check: {
      name: `source: ${options.identity.name}`,
      run: () => ({ ...run.describe(), measures: run.measure() }),
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
      await options.source[Symbol.asyncDispose]()
      await options.store[Symbol.asyncDispose]()
    },
  }
}

class SourceRun {
  readonly #options: PollingOptions
  readonly #signal: AbortSignal
  #state: 'WAITING' | 'PENDING' | 'WORKING' | 'FAILING' | 'REFUSED' = 'WAITING'
  /** In a row. */
  #failures = 0
  #refusals = 0
  #lastError: string | undefined
  #lastReadingAt: number | undefined
  /** Since when this server has the source; undefined if it does not. */
  #heldSince: number | undefined
  /** Since the start. */
  #readings = 0

  constructor(options: PollingOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  async run(): Promise<void> {
    const { identity, source } = this.#options
    const { log } = this.#options
    while (!this.#signal.aborted) {
      const started = performance.now()
      try {
        if (!(await this.#options.store.claim())) {
          this.#state = 'WAITING'
          this.#heldSince = undefined
          await this.#pause(Math.min(LOOK_MS, identity.everyMs / 4))
          continue
        }
        this.#heldSince ??= performance.now()
        if (this.#state === 'WAITING') this.#state = 'PENDING'
        if ('read' in source) await this.#poll(source.read.bind(source))
        else await this.#listen(source.listen.bind(source))
      } catch (error) {
        // A fault of this program must not end a source either.
        this.#failures++
        log.error({ source: identity.name, err: error }, `The source ${identity.name} failed`)
      }
      const pause = this.#untilNext() - (performance.now() - started)
      if (this.#failures > 0) await this.#pauseHolding(pause)
      else if ('read' in source) await this.#pause(pause)
    }
  }

  measure(): Measure[] {
    const { identity, store } = this.#options
    const labels = { source: identity.name }
    const interval = {
      name: 'heliograph_source_interval_seconds',
      help: 'Seconds between two readings of a source',
      type: 'gauge' as const,
      value: identity.everyMs / 1000,
      labels,
    }
    const received = {
      name: 'heliograph_source_readings_total',
      help: 'Readings that a source gave',
      type: 'counter' as const,
      value: this.#readings,
      labels,
    }
    const doubtful = {
      name: 'heliograph_source_doubtful_values_total',
      help: 'Values and readings of a source that could not be right',
      type: 'counter' as const,
      value: store.doubtful,
      labels,
    }
    const waiting = {
      name: 'heliograph_source_waiting_readings',
      help: 'Readings of a source that wait for the database',
      type: 'gauge' as const,
      value: store.waiting,
      labels,
    }
    const measures = [interval, received, doubtful, waiting]
    if (this.#heldSince === undefined) return measures
    const age = {
      name: 'heliograph_source_last_reading_age_seconds',
      help: 'Seconds since a source gave a reading, or since this server has it; absent if another server has it',
      type: 'gauge' as const,
      value: this.#silentMs / 1000,
      labels,
    }
    return [...measures, age]
  }

  describe(): Awaited<ReturnType<Check['run']>> {
    const { store } = this.#options
    const waiting = store.waiting > 0 ? `; ${store.waiting} readings wait for the database` : ''
    const lost = store.dropped > 0 ? `; ${store.dropped} readings found no room to wait` : ''
    const last =
      this.#lastReadingAt === undefined
        ? 'no reading yet'
        : `last reading ${((performance.now() - this.#lastReadingAt) / 1000).toFixed(0)} s ago`
    switch (this.#state) {
      case 'WAITING':
        return store.isTold
          ? { status: 'HEALTHY', detail: `another server polls it${waiting}${lost}` }
          : {
              status: 'DEGRADED',
              detail: `the database does not say who polls it${waiting}${lost}`,
            }
      case 'FAILING':
      case 'REFUSED':
        return { status: 'DEGRADED', detail: `${this.#lastError}; ${last}${waiting}${lost}` }
      case 'PENDING':
      case 'WORKING': {
        return {
          status: this.#isSilent || lost !== '' ? 'DEGRADED' : 'HEALTHY',
          detail: `${last}${waiting}${lost}`,
        }
      }
    }
  }

  /** Milliseconds since the last reading, or since this server has the source. */
  get #silentMs(): number {
    const since = Math.max(this.#lastReadingAt ?? 0, this.#heldSince ?? 0)
    return performance.now() - since
  }

  get #isSilent(): boolean {
    return this.#silentMs > 5 * this.#options.identity.everyMs + LOOK_MS
  }

  async #poll(read: (at: Instant, signal: AbortSignal) => Promise<SourceReadings>): Promise<void> {
    const limit = AbortSignal.timeout(
      Math.min(LONGEST_POLL_MS, Math.max(10_000, this.#options.identity.everyMs)),
    )
    const over = new AbortController()
    const claiming = this.#keepClaiming(over)
    try {
      await this.#traced('poll', async () => {
        const at = instantOf(new Date())
        const given = await read(at, AbortSignal.any([this.#signal, limit]))
        // Also while the server stops: what was given must not be lost.
        await this.#take(given, at)
      })
    } catch (error) {
      await this.#fail(error)
    } finally {
      over.abort()
      await claiming
    }
  }

  /** Listens until the connection is lost, another server has the source, or the server stops. */
  async #listen(
    listen: (deliver: (given: SourceReadings) => void, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const over = new AbortController()
    const claiming = this.#keepClaiming(over, async () => {
      if (this.#state === 'PENDING' && this.#isSilent) await this.#fail(new Error(NO_READING))
    })
    let stored: Promise<void> = Promise.resolve()
    try {
      await listen(
        (given) => {
          const at = instantOf(new Date())
          // One that cannot be stored does not keep those after it from being stored.
          stored = stored
            .catch(() => {})
            .then(() => this.#traced('delivery', () => this.#take(given, at)))
            .catch((error) => this.#fail(error))
          stored.catch(() => {})
        },
        AbortSignal.any([this.#signal, over.signal]),
      )
    } catch (error) {
      await this.#fail(error)
    } finally {
      over.abort()
      await stored
      await claiming
    }
  }

  /** Renews the claim until `over` is aborted, and aborts it if another server has the source. */
  async #keepClaiming(over: AbortController, look = async () => {}): Promise<void> {
    while (!over.signal.aborted && !this.#signal.aborted) {
      await sleep(this.#options.store.heldMs / 3, undefined, {
        signal: AbortSignal.any([over.signal, this.#signal]),
      }).catch(() => {})
      if (over.signal.aborted || this.#signal.aborted) return
      if (!(await this.#claimAgain())) over.abort()
      await look()
    }
  }

  async #claimAgain(): Promise<boolean> {
    const { store, log, identity } = this.#options
    try {
      return await store.claim()
    } catch (error) {
      log.error({ source: identity.name, err: error }, `The source ${identity.name} failed`)
      return false
    }
  }

  /** Runs a poll, or stores what the other side sends by itself, as a trace of its own. */
  #traced(name: 'poll' | 'delivery', run: () => Promise<void>): Promise<void> {
    const { tracer, identity } = this.#options
    if (tracer === undefined) return run()
    const attributes = {
      'heliograph.source.name': identity.name,
      'heliograph.source.kind': identity.kind,
    }
    return tracer.begin({ name, attributes }, {}, run)
  }

  async #take(given: SourceReadings, at: Instant): Promise<void> {
    const { store, log, identity } = this.#options
    await store.store(given, at)
    this.#readings += given.readings.length
    if (given.readings.length > 0) this.#lastReadingAt = performance.now()
    if (this.#state === 'FAILING' || this.#state === 'REFUSED') {
      log.info({ source: identity.name }, `The source ${identity.name} gives readings again`)
    }
    this.#state = 'WORKING'
    this.#failures = 0
    this.#refusals = 0
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#signal.aborted) return
    const { store, log, identity } = this.#options
    this.#failures++
    this.#refusals = isRefusal(error) ? this.#refusals + 1 : 0
    const state = this.#refusals > 0 ? 'REFUSED' : 'FAILING'
    const next =
      state === 'FAILING'
        ? 'it is asked again and again'
        : `so that the account is not locked, it is asked again after ${pauseAfterRefusals(this.#refusals) / 60_000} minutes, or when the server is started again`
    const message = error instanceof Error ? error.message : String(error)
    this.#lastError = state === 'FAILING' ? message : `${message.replace(/\.$/, '')}; ${next}`
    if (this.#state !== state) {
      log.warn(
        { source: identity.name, err: error },
        `The source ${identity.name} gives no readings; ${next}`,
      )
    }
    this.#state = state
    await store.noteFailed(this.#lastError)
  }

  #untilNext(): number {
    const { everyMs } = this.#options.identity
    if (this.#failures === 0) return everyMs
    if (this.#refusals > 0) return pauseAfterRefusals(this.#refusals)
    const pause = everyMs * 2 ** Math.min(this.#failures - 1, 10)
    // Servers and sources that failed together do not come back together.
    return Math.min(pause, Math.max(everyMs, LONGEST_PAUSE_MS)) * (0.9 + Math.random() * 0.2)
  }

  /** A pause after a failure may outlast the claim, and no other server is to ask meanwhile. */
  async #pauseHolding(ms: number): Promise<void> {
    const over = new AbortController()
    const claiming = this.#keepClaiming(over)
    await this.#pause(ms, over.signal)
    over.abort()
    await claiming
  }

  async #pause(ms: number, over = this.#signal): Promise<void> {
    const least = Math.min(SHORTEST_PAUSE_MS, this.#options.identity.everyMs)
    const signal = AbortSignal.any([this.#signal, over])
    await sleep(Math.max(least, ms), undefined, { signal }).catch(() => {})
  }
}
