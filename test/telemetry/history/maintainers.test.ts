import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { withMaintenanceLock } from '../../../src/telemetry/changes/maintenance-lock.ts'
import { readBacklog } from '../../../src/telemetry/changes/notes.ts'
import { readSummaries } from '../../../src/telemetry/history/read-summaries.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { startProgram } from '../../support/program.ts'
import { differencesIn, rollUpEverything } from '../../support/rollups.ts'
import { openDataFolder, openServer } from '../../support/server.ts'

const HOUR = 3_600_000_000
const JUNE = Date.UTC(2026, 5, 1) * 1000

/** A reading each minute of so many days for four plants. An existing one gets another value. */
async function record({ kysely }: TestDatabase, days: number, power: number): Promise<void> {
  await sql`
    insert into solark.telemetry (plant_id, timestamp, pv_power)
    select plant, timestamptz '2026-06-01 00:00Z' + n * interval '1 minute', ${power}::float8
    from generate_series(1, 4) as plant
    cross join generate_series(0, ${days * 1440}::integer) as n
    on conflict (plant_id, timestamp) do update set pv_power = excluded.pv_power`.execute(kysely)
}

test('while one rolls up, another leaves it at once, readings are written and history answers; when it dies, the other goes on', async () => {
  await using database = await openTestDatabase('native')
  await using one = await database.openSession('one')
  await using other = await database.openSession('other')
  await record(database, 1, 100)

  const begun = Promise.withResolvers<number>()
  const never = new Promise<never>(() => {})
  const dying = withMaintenanceLock(one.kysely, async (transaction) => {
    await sql`delete from solark.telemetry_change`.execute(transaction)
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction)
    begun.resolve(rows[0]?.pid ?? 0)
    // Whatever it does next ends with its connection.
    await Promise.race([never, sql`select pg_sleep(60)`.execute(transaction)])
  })
  const died = expect(dying).rejects.toThrow(/terminat/)
  const pid = await begun.promise

  expect(await rollUp(other.kysely)).toBeUndefined()
  await record(database, 1, 200)
  const edges = [JUNE, JUNE + HOUR]
  const history = () =>
    readSummaries(database.kysely, { plantId: 1, edges, quantities: ['pvPower'] })
  expect((await history())[0]?.of.pvPower).toMatchObject({ min: 200, max: 200 })

  await sql`select pg_terminate_backend(${pid}::integer)`.execute(database.kysely)
  await died
  await expect.poll(() => rollUp(other.kysely)).toMatchObject({ quarters: expect.any(Number) })
  await rollUpEverything(other.kysely)
  expect((await history())[0]?.of.pvPower).toMatchObject({ min: 200, max: 200 })
  expect(await differencesIn(database.kysely)).toEqual([])
})

test('of two servers one is killed while it rolls up: the other does the rest', {
  timeout: 120_000,
}, async () => {
  await using database = await openTestDatabase('native')
  await using folder = await openDataFolder()
  const environment = {
    DATABASE_URL: database.url,
    HELIOGRAPH_DATA_DIR: folder.path,
    SIMULATE: '0',
  }
  await using _survivor = await openServer(environment)
  await record(database, 30, 100)
  {
    await using victim = startProgram(['serve'], { ...environment, PORT: '0' })
    await expect
      .poll(
        async () => {
          const { rows } = await sql`
            select from pg_locks
            where relation = 'solark.rollup'::regclass and mode = 'ShareRowExclusiveLock' and granted`.execute(
            database.kysely,
          )
          return rows.length
        },
        { interval: 5 },
      )
      .toBe(1)
    victim.kill('SIGKILL')
  }
  expect((await readBacklog(database.kysely)).changes).toBeGreaterThan(0)
  await expect
    .poll(() => readBacklog(database.kysely), { timeout: 60_000 })
    .toMatchObject({ changes: 0 })
  expect(await differencesIn(database.kysely)).toEqual([])
})
