import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Instant } from '../../database/instant.ts'
import type { Reading } from '../../telemetry/reading.ts'
import type { PolledSource, SourceReadings } from '../source.ts'
import { SimulatedInverter, simulatePlant } from './inverter.ts'
import type { SimulatedPlant } from './plant.ts'

export interface SimulatedSourceOptions {
  plants: readonly SimulatedPlant[]
  /** Milliseconds between readings, whose times are whole multiples of it. */
  everyMs: number
  /** Makes the plants' names and time zones known; called until it succeeds once. */
  register: (plants: readonly SimulatedPlant[]) => Promise<unknown>
  /** Returns the newest reading's time by plant id. */
  newest: (plants: readonly SimulatedPlant[]) => Promise<ReadonlyMap<number, Instant>>
}

/** After a longer break the live readings go on from now. */
const MOST_STEPS = 5
const MINUTE = 60_000_000
const LONGEST_GAP = 24 * 60 * MINUTE
/** With more plants, the load of the live readings is what is wanted; `npm run simulate` gives them a past. */
const MOST_PLANTS_WITH_PAST = 20

/**
 * Simulated plants as a source. Each poll gives their readings since the one before. The first polls also give what a
 * plant would have reported while no server ran, so that charts are not empty: one plant a poll, a reading a minute
 * from its newest one on, at most the last 24 hours.
 */
export function openSimulatedSource(options: SimulatedSourceOptions): PolledSource {
  const { plants, everyMs, register, newest } = options
  const inverters: SimulatedInverter[] = []
  const every = everyMs * 1000
  let missed: Iterator<Reading[]> | undefined
  let last: Instant | undefined

  /** Finding a battery's past takes milliseconds; with many plants, others get their turn in between. */
  const warmUp = async (at: Instant, signal: AbortSignal): Promise<void> => {
    for (const plant of plants.slice(inverters.length)) {
      signal.throwIfAborted()
      const inverter = new SimulatedInverter(plant)
      inverter.readingAt(at)
      inverters.push(inverter)
      await nextTurn()
    }
  }

  /** The steps since the last reading. If the clock was put back, the live readings go on from its time. */
  const stepsUntil = (at: Instant): Instant[] => {
    const step = Math.floor(at / every) * every
    const count =
      last === undefined || step < last ? 1 : Math.min(MOST_STEPS, (step - last) / every)
    last = step
    return Array.from({ length: count }, (_, index) => step - (count - 1 - index) * every)
  }

  return {
    read: async (at, signal): Promise<SourceReadings> => {
      await warmUp(at, signal)
      if (missed === undefined) {
        await register(plants)
        missed = missedReadings(plants.slice(0, MOST_PLANTS_WITH_PAST), await newest(plants), at)
      }
      const before = missed.next()
      const live = stepsUntil(at).flatMap((step) =>
        inverters.map((inverter) => inverter.readingAt(step)),
      )
      return { readings: before.done ? live : [...before.value, ...live], omitted: [] }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

function* missedReadings(
  plants: readonly SimulatedPlant[],
  newest: ReadonlyMap<number, Instant>,
  now: Instant,
): Generator<Reading[]> {
  for (const plant of plants) {
    const from = Math.max(now - LONGEST_GAP, (newest.get(plant.id) ?? 0) + 1)
    yield [...simulatePlant(plant, { from, to: now, every: MINUTE })]
  }
}
