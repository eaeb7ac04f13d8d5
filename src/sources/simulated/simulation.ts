import type { Kysely } from 'kysely'
import { instantOf } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import type { Logger } from '../../log.ts'
import type { Check } from '../../system/health.ts'
import { readLatestOfEach } from '../../telemetry/latest.ts'
import { recordReadings } from '../../telemetry/record.ts'
import { startSimulation } from './live.ts'
import { simulatedPlants } from './plant.ts'
import { registerPlants } from './stored-plants.ts'

export interface Simulation extends AsyncDisposable {
  readonly check: Check
}

const EVERY_MS = 1000

/** Simulated plants that report every second into the database, the last 24 hours caught up with. */
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
