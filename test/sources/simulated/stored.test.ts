import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createLogger } from '../../../src/log.ts'
import { parseConfiguration } from '../../../src/sources/configuration.ts'
import { openSources } from '../../../src/sources/open-sources.ts'
import { removePlant, simulatedPlantIds } from '../../../src/sources/simulated/stored-plants.ts'
import { readPage } from '../../../src/telemetry/page.ts'
import { readPlants } from '../../../src/telemetry/plant.ts'
import { keepPlantLimits } from '../../../src/telemetry/plant-limits.ts'
import { readSources } from '../../../src/telemetry/source-state.ts'
import { engines, openTestDatabase } from '../../support/database.ts'

/** For TimescaleDB in this process, on a busy machine. */
const patience = { timeout: 60_000 }
const log = createLogger({ logLevel: 'silent', logFormat: 'json' })

test.for(engines)(
  'simulated plants report into a database (%s) as a source of theirs, and are removed',
  { timeout: 240_000 },
  async (engine) => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    const dataDir = await mkdtemp(join(tmpdir(), 'heliograph-simulation-'))
    await using opened = new AsyncDisposableStack()
    opened.defer(() => rm(dataDir, { recursive: true }))
    const start = () =>
      openSources([], {
        ...{ kysely, plantLimits: keepPlantLimits(kysely), dataDir, simulated: 2 },
        ...{ environment: {}, log },
      })
    const count = async (plantId: number) => {
      const { rows } = await sql<{ count: number }>`
        select count(*)::integer as count from solark.telemetry where plant_id = ${plantId}`.execute(
        kysely,
      )
      return rows[0]?.count ?? 0
    }
    await sql`
      insert into solark.telemetry (plant_id, timestamp)
      values (900001, now() - interval '1 hour'), (900002, now() - interval '1 hour')`.execute(
      kysely,
    )
    {
      await using simulation = await start()
      expect(simulation.checks.map(({ name }) => name)).toEqual([
        'source: simulated',
        'lost readings: simulated',
      ])
      // The minutes of an hour, and the seconds since.
      for (const plantId of [900_001, 900_002]) {
        await expect.poll(() => count(plantId), patience).toBeGreaterThan(62)
      }
      const states = await readSources(kysely, [900_001, 900_002, 900_003])
      expect(states.map(({ name, kind, plantId }) => [name, kind, plantId]).toSorted()).toEqual([
        ['simulated', 'simulated', 900_001],
        ['simulated', 'simulated', 900_002],
      ])
    }
    const before = await count(900_002)
    {
      await using _simulation = await start()
      await expect.poll(() => count(900_002), patience).toBeGreaterThan(before + 1)
    }
    // The second start has next to nothing to catch up with.
    expect((await readSources(kysely, [900_001]))[0]?.duplicates).toBeLessThan(10)

    expect(await simulatedPlantIds(kysely)).toEqual([900_001, 900_002])
    expect(await removePlant(kysely, 900_001)).toBeGreaterThan(62)
    expect((await readPlants(kysely)).map((plant) => plant.id)).toEqual([900_002])
    expect((await readPage(kysely, { plantId: 900_001, first: 1 })).readings).toEqual([])
  },
)

test('a source of the configuration cannot have the name of the simulation', async () => {
  await using database = await openTestDatabase('native')
  const { kysely } = database
  const { sources } = parseConfiguration(
    JSON.stringify({
      sources: [{ name: 'simulated', kind: 'modbus', plant: 1, host: 'a', model: 'sol-ark' }],
    }),
    'heliograph.config.json',
  )
  const dataDir = await mkdtemp(join(tmpdir(), 'heliograph-simulation-'))
  await using opened = new AsyncDisposableStack()
  opened.defer(() => rm(dataDir, { recursive: true }))
  await expect(
    openSources(sources, {
      ...{ kysely, plantLimits: keepPlantLimits(kysely), dataDir, simulated: 1 },
      ...{ environment: {}, log },
    }),
  ).rejects.toMatchObject({
    code: 'CONFIGURATION_INVALID',
    message: expect.stringContaining('SIMULATE=0'),
  })
})
