import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { isRefusedData, toDatabaseFault } from '../database/faults.ts'
import { type Instant, instantOf } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import type { Logger } from '../log.ts'
import type { NumberField } from '../quantities.ts'
import { storeCounterRuns } from '../telemetry/counters/counter-runs.ts'
import type { KeptPlantLimits } from '../telemetry/plant-limits.ts'
import type { Reading } from '../telemetry/reading.ts'
import { recordReadings } from '../telemetry/record.ts'
import {
  claimSource,
  noteFailed,
  noteStored,
  releaseSource,
  type SourceIdentity,
} from '../telemetry/source-state.ts'
import { findReadingFault, findTimeFault } from '../telemetry/validate-reading.ts'
import { CounterKeeper } from './counter-keeper.ts'
import { isCounterRun, openReadingQueue, type ReadingQueue, type Waiting } from './reading-queue.ts'
import type { Source, SourceReadings } from './source.ts'

/** Where the readings of one source go, and who may poll it. */
export interface SourceStore extends AsyncDisposable {
  /** How long a claim holds without being renewed, in milliseconds. */
  readonly heldMs: number
  /** Whether the last claim, if there was one, was told who has the source. */
  readonly isTold: boolean
  /** Readings that wait on disk for the database. */
  readonly waiting: number
  /** Readings that found no room there. */
  readonly dropped: number
  /** Values and readings that could not be right, since the start. */
  readonly doubtful: number
  /**
   * Returns whether this server has the source. While the database is away, it has it if it had it before.
   */
  claim(): Promise<boolean>
  /**
   * Stores readings and what counters showed, or keeps them on disk while the database does not take them. `at`: when
   * they were asked for, or came. Their times are judged by the clock of then, because it may be set while they wait.
   */
  store(given: SourceReadings, at: Instant): Promise<void>
  noteFailed(error: string): Promise<void>
}

export interface SourceStoreOptions {
  kysely: Kysely<Schema>
  identity: SourceIdentity
  source: Pick<Source, 'originOf'>
  plantLimits: KeptPlantLimits
  /** For readings that wait. */
  folder: string
  log: Logger
}

/** Milliseconds. A claim is renewed after a third of the time that it holds. */
const LEAST_HELD_MS = 5000
const BATCH = 1000
const DRAIN_MS = 2000

export async function openSourceStore(options: SourceStoreOptions): Promise<SourceStore> {
  const queue = await openReadingQueue(options.folder, options.identity.name)
  return new QueuedStore(options, queue)
}

class QueuedStore implements SourceStore {
  readonly heldMs: number
  readonly #options: SourceStoreOptions
  readonly #queue: ReadingQueue
  readonly #counters: CounterKeeper
  readonly #holder = randomUUID()
  #has = false
  #isTold = true
  #isAway = false
  /** Whether the disk did not take what waits. */
  #isUnsafe = false
  /** Quantities that were told to be left out, and are still not measured. */
  readonly #doubtful = new Set<NumberField>()
  /** Whether the last readings had times that cannot be right, and how many such readings are not counted yet. */
  #isRefusing = false
  #refused = 0
  doubtful = 0
  /** Work on the queue, one at a time. */
  #working: Promise<unknown> = Promise.resolve()
  readonly #draining: ReturnType<typeof setInterval>

  constructor(options: SourceStoreOptions, queue: ReadingQueue) {
    this.#options = options
    this.#queue = queue
    this.#counters = new CounterKeeper(options.identity)
    this.heldMs = Math.max(LEAST_HELD_MS, options.identity.everyMs * 1.25)
    this.#draining = setInterval(() => {
      // What it throws is in the log (#note), and what waits is tried again.
      if (this.#queue.length > 0) this.#inTurn(() => this.#drain()).catch(() => {})
    }, DRAIN_MS)
    this.#draining.unref()
  }

  get isTold(): boolean {
    return this.#isTold
  }

  get waiting(): number {
    return this.#queue.length
  }

  get dropped(): number {
    return this.#queue.dropped
  }

  async claim(): Promise<boolean> {
    const { kysely, identity } = this.#options
    try {
      this.#has = await claimSource(kysely, identity, { holder: this.#holder, heldMs: this.heldMs })
      this.#isTold = true
    } catch (error) {
      this.#isTold = false
      this.#note(error)
    }
    return this.#has
  }

  async store(
    { readings: given, omitted, counters = [] }: SourceReadings,
    at: Instant,
  ): Promise<void> {
    const now = Math.max(at, instantOf(new Date()))
    const readings = this.#refuse(given, now)
    const timely = counters.filter(({ timestamp }) => findTimeFault(timestamp, now) === undefined)
    this.#tell(
      readings,
      omitted.map(({ field, reason }) => [field, reason]),
    )
    await this.#inTurn(() => this.#put([...readings, ...this.#counters.take(timely)]))
  }

  async noteFailed(error: string): Promise<void> {
    const { kysely, identity } = this.#options
    await noteFailed(kysely, identity.name, error).catch((fault) => this.#note(fault))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#draining)
    const shown = this.#counters.flush()
    if (shown.length > 0) await this.#inTurn(() => this.#put(shown))
    await this.#working
    const { kysely, identity } = this.#options
    if (this.#has) {
      await releaseSource(kysely, identity, this.#holder).catch((error) => this.#note(error))
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#working.then(work)
    this.#working = done.catch(() => {})
    return done
  }

  async #put(all: readonly Waiting[]): Promise<void> {
    if (this.#queue.length > 0) {
      await this.#onDisk(() => this.#queue.append(all))
      await this.#drain()
      return
    }
    try {
      await this.#recordFitting(all)
    } catch (error) {
      await this.#onDisk(() => this.#queue.append(all))
      this.#note(error)
    }
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.peek(BATCH)
      try {
        await this.#recordFitting(batch)
      } catch (error) {
        this.#note(error)
        return
      }
      await this.#onDisk(() => this.#queue.remove(batch.length))
    }
  }

  /** A disk that takes nothing stops no source: what waits is in memory, too. */
  async #onDisk(change: () => Promise<void>): Promise<void> {
    try {
      await change()
      this.#isUnsafe = false
    } catch (error) {
      const { log, identity } = this.#options
      if (!this.#isUnsafe) {
        log.error(
          { source: identity.name, err: error },
          `Readings of the source ${identity.name} cannot wait on disk: a restart would lose them`,
        )
      }
      this.#isUnsafe = true
    }
  }

  /** Returns the readings whose times can be right. */
  #refuse(readings: readonly Reading[], now: Instant): Reading[] {
    const { log, identity } = this.#options
    const fit: Reading[] = []
    let refusal: string | undefined
    for (const reading of readings) {
      const fault = findReadingFault(reading, now)
      if (fault === undefined) fit.push(reading)
      else refusal = `expected ${fault.field} to be ${fault.expected}, got ${fault.got}`
    }
    this.#refused += readings.length - fit.length
    if (refusal !== undefined && !this.#isRefusing) {
      log.warn(
        { source: identity.name },
        `Readings of the source ${identity.name} are left out: ${refusal}`,
      )
    }
    this.#isRefusing = refusal !== undefined
    return fit
  }

  /** Stores all. If the database refuses some of them for what they say, stores the others. */
  async #recordFitting(all: readonly Waiting[]): Promise<void> {
    try {
      await this.#record(all)
    } catch (error) {
      if (!isRefusedData(error)) throw error
      for (const one of all) {
        await this.#record([one]).catch((cause: unknown) => {
          if (!isRefusedData(cause)) throw cause
          this.#leaveOut(one, cause)
        })
      }
    }
  }

  #leaveOut(one: Waiting, cause: unknown): void {
    const { log, identity } = this.#options
    log.error(
      { source: identity.name, err: cause, leftOut: one },
      `The database refuses what the source ${identity.name} gave; it is left out`,
    )
    this.#refused++
  }

  async #record(all: readonly Waiting[]): Promise<void> {
    const runs = all.filter(isCounterRun)
    const readings = all.filter((one): one is Reading => !isCounterRun(one))
    // Runs alone are no news of the source: they come when a server ends, too.
    if (readings.length > 0 || runs.length === 0) await this.#recordReadings(readings)
    await storeCounterRuns(this.#options.kysely, runs)
    if (this.#isAway) {
      this.#isAway = false
      const { log, identity } = this.#options
      log.info(
        { source: identity.name },
        `Readings of the source ${identity.name} are stored again`,
      )
    }
  }

  async #recordReadings(readings: readonly Reading[]): Promise<void> {
    const { kysely, identity, plantLimits, source } = this.#options
    const doubtful: [NumberField, string][] = []
    const refused = this.#refused
    const newest = readings.reduce((time, { timestamp }) => Math.max(time, timestamp), 0)
    const report = await recordReadings(kysely, readings, {
      onDuplicate: 'KEEP',
      onInvalid: 'KEEP_VALID',
      // Their times were judged when they came.
      now: newest,
      limitsOf: await plantLimits.read(),
      onIssue: (_plant, _time, { field, expected, got }) => {
        const origin = source.originOf?.(field)
        const where = origin === undefined ? '' : ` in ${origin}`
        doubtful.push([field, `expected ${expected}, got ${got}${where}`])
      },
    })
    this.#tell(readings, doubtful)
    await noteStored(kysely, identity.name, {
      readings: report.inserted,
      duplicates: report.duplicates,
      doubtful: doubtful.length + report.refused + refused,
      newest: readings.length === 0 ? undefined : newest,
    })
    this.doubtful += doubtful.length + report.refused + refused
    this.#refused -= refused
  }

  /** Logs once that readings cannot be stored. Throws an error that is not the database's: it is a fault of this program. */
  #note(error: unknown): void {
    const isDatabase = toDatabaseFault(error) !== undefined
    if (!this.#isAway) {
      const { log, identity } = this.#options
      log[isDatabase ? 'warn' : 'error'](
        { source: identity.name, err: error },
        `Readings of the source ${identity.name} cannot be stored; they wait on disk`,
      )
    }
    this.#isAway = true
    if (!isDatabase) throw error
  }

  /** Logs a quantity that is left out once, until it is measured again. */
  #tell(readings: readonly Reading[], values: readonly (readonly [NumberField, string])[]): void {
    const { log, identity } = this.#options
    for (const field of this.#doubtful) {
      if (readings.some((reading) => reading[field] !== null)) this.#doubtful.delete(field)
    }
    for (const [field, reason] of values) {
      if (this.#doubtful.has(field)) continue
      this.#doubtful.add(field)
      log.warn(
        { source: identity.name },
        `${field} of the source ${identity.name} is left out: ${reason}`,
      )
    }
  }
}
