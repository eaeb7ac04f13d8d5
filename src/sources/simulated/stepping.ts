import type { Instant } from '../../database/instant.ts'
import type { Logger } from '../../log.ts'
import type { Reading } from '../../telemetry/reading.ts'

/** Simulated plants that are read at each step of a clock. */
export interface SteppedSource {
  /** For the log, such as `simulated`. */
  readonly name: string
  /**
   * Called before the first reading, at each step until it succeeds once: makes the plants known, and may record
   * readings from before. Returns early if the signal aborts.
   */
  prepare(record: RecordReadings, signal: AbortSignal): Promise<void>
  /** The readings of all its plants at this time. */
  read(at: Instant): Promise<Reading[]>
}

/** Stores a batch. A reading that is stored already must be kept. */
export type RecordReadings = (readings: Reading[]) => Promise<unknown>

export interface SteppingOptions {
  /** Called once, before the first step. */
  open: () => Promise<SteppedSource>
  /** Milliseconds between readings, whose times are whole multiples of it. */
  everyMs: number
  record: RecordReadings
  log: Logger
}

/**
 * Reads a source and records its readings, now and at every step, one batch at a time. A step that passes while a batch
 * is being stored is left out. Disposing waits for the batch under way. The states:
 * - PREPARING: plants are made known; what fails is tried again at the next step.
 * - RECORDING: every step stores a batch.
 * - FAILING: preparing, reading or storing failed. Nothing is kept for later; each step tries again with new readings.
 *   It is logged once, and once more when it works again.
 */
export function startStepping(options: SteppingOptions): AsyncDisposable {
  const stop = new AbortController()
  const running = run(options, stop.signal)
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    },
  }
}

async function run(
  { open, everyMs, record, log }: SteppingOptions,
  signal: AbortSignal,
): Promise<void> {
  const lastStep = () => Math.floor(Date.now() / everyMs) * everyMs
  const source = await open()
  let step = lastStep()
  let prepared = false
  let failing = false

  while (!signal.aborted) {
    try {
      if (!prepared) {
        await source.prepare(record, signal)
        prepared = !signal.aborted
      }
      if (prepared) await record(await source.read(step * 1000))
      if (failing) log.info(`Readings of the source ${source.name} are recorded again`)
      failing = false
    } catch (error) {
      if (!failing) {
        log.warn(
          { err: error },
          `Readings of the source ${source.name} cannot be recorded; retrying with new ones`,
        )
      }
      failing = true
    }
    const next = lastStep() + everyMs
    await waitUntil(next, everyMs, signal)
    const last = lastStep()
    // A timer may be a moment early. If it is more than a step early, the clock was put back and `next` is far ahead.
    step = last < next - everyMs ? last : Math.max(next, last)
  }
}

/** Resolves at the time, but after `longestMs` at the latest, whatever the clock does, or when the signal aborts. */
async function waitUntil(time: number, longestMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const wake = () => resolve()
  const timer = setTimeout(wake, Math.min(time - Date.now(), longestMs))
  signal.addEventListener('abort', wake)
  await promise
  signal.removeEventListener('abort', wake)
  clearTimeout(timer)
}
