import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { simulatedPlants } from '../../../src/sources/simulated/plant.ts'
import { startSimulation } from '../../../src/sources/simulated/simulation.ts'
import {
  registerPlants,
  removePlant,
  simulatedPlantIds,
} from '../../../src/sources/simulated/stored-plants.ts'
import { readLatestOfEach } from '../../../src/telemetry/latest.ts'
import { readPage } from '../../../src/telemetry/page.ts'
import { readPlants } from '../../../src/telemetry/plant.ts'
import type { RecordOutcome } from '../../../src/telemetry/record.ts'
import { recordReadings } from '../../../src/telemetry/record.ts'
import { engines, openTestDatabase } from '../../support/database.ts'

test.for(engines)(
  'simulated plants report into a database (%s) and are removed',
  async (engine) => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    const outcomes: RecordOutcome[] = []
    const start = () =>
      startSimulation({
        plants: simulatedPlants(2),
        everyMs: 100,
        log: pino({ level: 'silent' }),
        register: (plants) => registerPlants(kysely, plants),
        newest: async () => {
          const latest = await readLatestOfEach(kysely)
          const anHourAgo = (Date.now() - 3_600_000) * 1000
          return new Map([
            [900_001, anHourAgo],
            [900_002, anHourAgo],
            ...latest.map((reading) => [reading.plantId, reading.timestamp] as const),
          ])
        },
        record: async (readings) => {
          outcomes.push(
            await recordReadings(kysely, readings, { onDuplicate: 'KEEP', now: Date.now() * 1000 }),
          )
        },
      })
    {
      await using _simulation = start()
      await vi.waitFor(() => expect(outcomes.length).toBeGreaterThanOrEqual(4), { timeout: 30_000 })
    }
    for (const caughtUp of outcomes.slice(0, 2)) {
      expect(caughtUp.inserted).toBe(caughtUp.received)
      expect(Math.abs(caughtUp.received - 60)).toBeLessThanOrEqual(1)
    }
    expect(outcomes[2]?.received).toBe(2)
    {
      outcomes.length = 0
      await using _simulation = start()
      await vi.waitFor(() => expect(outcomes.length).toBeGreaterThanOrEqual(1), { timeout: 30_000 })
    }
    // The second start has next to nothing to catch up with.
    expect(outcomes[0]?.received).toBeLessThanOrEqual(2)

    expect(await simulatedPlantIds(kysely)).toEqual([900_001, 900_002])
    expect(await removePlant(kysely, 900_001)).toBeGreaterThan(60)
    expect((await readPlants(kysely)).map((plant) => plant.id)).toEqual([900_002])
    expect((await readPage(kysely, { plantId: 900_001, first: 1 })).readings).toEqual([])
  },
)
