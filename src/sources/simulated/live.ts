import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Instant } from '../../database/instant.ts'
import type { Logger } from '../../log.ts'
import type { Reading } from '../../telemetry/reading.ts'
import { missedReadings } from './catch-up.ts'
import { SimulatedInverter } from './inverter.ts'
import type { SimulatedPlant } from './plant.ts'

export interface SimulationOptions {
  plants: readonly SimulatedPlant[]
  /** Milliseconds between readings, which lie at whole multiples of it. */
  everyMs: number
  /** Stores a batch, at most 1440 readings or one a plant; one that is already there is to be kept. */
  record: (readings: Reading[]) => Promise<unknown>
  /** Makes the plants' names and time zones known; called until it succeeds once. */
  register: (plants: readonly SimulatedPlant[]) => Promise<unknown>
  /** The newest reading's time by plant id. Where it is given, the last 24 hours are caught up with at the start. */
  newest?: () => Promise<ReadonlyMap<number, Instant>>
  log: Logger
}

/**
 * Lets the plants report now and at every step, one batch at a time: a step that passes while a batch is being
 * stored is left out. While storing fails nothing is kept for later; it is logged once, and again when it works.
 * Disposing waits for the batch under way.
 */
export function startSimulation(options: SimulationOptions): AsyncDisposable {
  const stop = new AbortController()
  const running = run(options, stop.signal)
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    },
  }
}

async function run(options: SimulationOptions, signal: AbortSignal): Promise<void> {
  const { plants, everyMs, record, log } = options
  const lastStep = () => Math.floor(Date.now() / everyMs) * everyMs
  const inverters = await warmUp(plants, lastStep() * 1000)
  let step = lastStep()
  let prepared = false
  let failing = false

  while (!signal.aborted) {
    try {
      if (!prepared) prepared = await prepare(options, signal)
      if (prepared) await record(inverters.map((inverter) => inverter.readingAt(step * 1000)))
      if (failing) log.info('Simulated plants are recorded again')
      failing = false
    } catch (error) {
      if (!failing) {
        log.warn({ err: error }, 'Simulated plants cannot be recorded; trying on with new readings')
      }
      failing = true
    }
    const next = lastStep() + everyMs
    await waitUntil(next, everyMs, signal)
    const last = lastStep()
    // A timer may be a moment early. A step more, and the clock was put back: `next` lies in its future.
    step = last < next - everyMs ? last : Math.max(next, last)
  }
}

/** Finding a battery's past takes milliseconds, so that with many plants others get their turn in between. */
async function warmUp(plants: readonly SimulatedPlant[], now: Instant) {
  const inverters: SimulatedInverter[] = []
  for (const plant of plants) {
    const inverter = new SimulatedInverter(plant)
    inverter.readingAt(now)
    inverters.push(inverter)
    await nextTurn()
  }
  return inverters
}

/** Whether it came to its end: false where it was stopped. */
async function prepare(options: SimulationOptions, signal: AbortSignal): Promise<boolean> {
  const { plants, register, newest, record } = options
  await register(plants)
  if (newest === undefined) return !signal.aborted
  for (const readings of missedReadings(plants, await newest(), Date.now() * 1000)) {
    if (signal.aborted) return false
    await record(readings)
  }
  return !signal.aborted
}

/** Resolves at the time, after so long at the latest, whatever the clock does, or when stopped. */
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
