import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { type Instant, instantOf } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import type { Logger } from '../../log.ts'
import type { Check } from '../../system/health.ts'
import { readLatestOfEach } from '../../telemetry/latest.ts'
import type { Reading } from '../../telemetry/reading.ts'
import { recordReadings } from '../../telemetry/record.ts'
import { SimulatedInverter, simulatePlant } from './inverter.ts'
import { type SimulatedPlant, simulatedPlants } from './plant.ts'
import { type RecordReadings, startStepping } from './stepping.ts'
import { registerPlants } from './stored-plants.ts'

export interface Simulation extends AsyncDisposable {
  readonly check: Check
}

const EVERY_MS = 1000

/** Simulated plants that report every second into the database, after the last 24 hours have been caught up with. */
export function openSimulation(kysely: Kysely<Schema>, count: number, log: Logger): Simulation {
  const plants = simulatedPlants(count)
  let recordedAt: number | undefined
  const running = startSimulation({
    plants,
    everyMs: EVERY_MS,
    record: async (readings) => {
      await recordReadings(kysely, readings, { onDuplicate: 'KEEP', now: instantOf(new Date()) })
      recordedAt = performance.now()
    },
    register: () => registerPlants(kysely, plants),
    newest: async () => {
      const latest = await readLatestOfEach(
        kysely,
        plants.map(({ id }) => id),
      )
      return new Map(latest.map(({ plantId, timestamp }) => [plantId, timestamp]))
    },
    log,
  })
  return {
    check: {
      name: 'source: simulated',
      run: () => {
        const silentMs = recordedAt === undefined ? undefined : performance.now() - recordedAt
        const late = silentMs === undefined || silentMs > 10 * EVERY_MS
        return {
          status: late ? 'DEGRADED' : 'HEALTHY',
          detail: `${count} simulated; ${silentMs === undefined ? 'nothing recorded yet' : `last recorded ${(silentMs / 1000).toFixed(1)} s ago`}`,
        }
      },
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  }
}

export interface SimulationOptions {
  plants: readonly SimulatedPlant[]
  /** Milliseconds between readings, whose times are whole multiples of it. */
  everyMs: number
  /** Stores a batch, at most 1440 readings or one for each plant. */
  record: RecordReadings
  /** Makes the plants' names and time zones known; called until it succeeds once. */
  register: (plants: readonly SimulatedPlant[]) => Promise<unknown>
  /** The newest reading's time by plant id. If it is given, the last 24 hours are caught up with at the start. */
  newest?: () => Promise<ReadonlyMap<number, Instant>>
  log: Logger
}

/** Polls simulated plants. */
export function startSimulation(options: SimulationOptions): AsyncDisposable {
  const { plants, register, newest, everyMs, record, log } = options
  return startStepping({
    open: async () => {
      const inverters = await warmUp(plants, Date.now() * 1000)
      return {
        name: 'simulated',
        prepare: async (record, signal) => {
          await register(plants)
          if (newest === undefined) return
          for (const readings of missedReadings(plants, await newest(), Date.now() * 1000)) {
            if (signal.aborted) return
            await record(readings)
          }
        },
        read: async (at) => inverters.map((inverter) => inverter.readingAt(at)),
      }
    },
    everyMs,
    record,
    log,
  })
}

/** Finding a battery's past takes milliseconds; with many plants, others get their turn in between. */
async function warmUp(
  plants: readonly SimulatedPlant[],
  now: Instant,
): Promise<SimulatedInverter[]> {
  const inverters: SimulatedInverter[] = []
  for (const plant of plants) {
    const inverter = new SimulatedInverter(plant)
    inverter.readingAt(now)
    inverters.push(inverter)
    await nextTurn()
  }
  return inverters
}

const MINUTE = 60_000_000
const LONGEST_GAP = 24 * 60 * MINUTE
const MOST_PLANTS = 20

/**
 * What the plants would have reported while the server was down, so that charts are not empty: a reading a minute from
 * each plant's newest one on, at most the last 24 hours, a batch for each plant. Only for the first 20 plants: with
 * more, the load of the live readings is what is wanted, and `npm run simulate` gives them a past.
 */
function* missedReadings(
  plants: readonly SimulatedPlant[],
  newest: ReadonlyMap<number, Instant>,
  now: Instant,
): Generator<Reading[]> {
  for (const plant of plants.slice(0, MOST_PLANTS)) {
    const from = Math.max(now - LONGEST_GAP, (newest.get(plant.id) ?? 0) + 1)
    const readings = [...simulatePlant(plant, { from, to: now, every: MINUTE })]
    if (readings.length > 0) yield readings
  }
}
