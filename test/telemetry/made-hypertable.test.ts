import { type Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Schema } from '../../src/database/schema.ts'
import { readStorage } from '../../src/database/storage.ts'
import { rollupsCheck } from '../../src/system/checks.ts'
import { readSummaries } from '../../src/telemetry/history/read-summaries.ts'
import { noteRebuild } from '../../src/telemetry/history/rebuild.ts'
import { readLatestOfEach } from '../../src/telemetry/latest.ts'
import { KEEP_ALL } from '../../src/telemetry/retention/policy.ts'
import { runRetention } from '../../src/telemetry/retention/run.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { migrateAll } from '../support/migrate-all.ts'
import { differencesIn, rollUpEverything } from '../support/rollups.ts'
import { countExactly, course, daysAgo, HOUR, store } from './retention/past.ts'

const readings = course([1, 2], { from: 45, to: 0, every: HOUR / 5 })

/** A database with TimescaleDB whose readings are still in a regular table. */
async function openRegular(): Promise<TestDatabase> {
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await openTestDatabase('timescale', { migrated: false }))
  const { kysely } = database
  await sql`drop extension timescaledb`.execute(kysely)
  await sql`
    create function refuse() returns event_trigger language plpgsql as $$
    begin
      raise insufficient_privilege;
    end $$`.execute(kysely)
  await sql`
    create event trigger refuse on ddl_command_start when tag in ('CREATE EXTENSION')
    execute function refuse()`.execute(kysely)
  await migrateAll(database)
  await sql`drop event trigger refuse`.execute(kysely)
  await sql`create extension timescaledb`.execute(kysely)
  opening.move()
  return database
}

async function everything(kysely: Kysely<Schema>) {
  const edges = Array.from({ length: 46 }, (_, day) => daysAgo(45 - day))
  return {
    history: await readSummaries(kysely, { plantId: 1, edges, quantities: ['pvPower'] }),
    latest: await readLatestOfEach(kysely),
    count: await countExactly(kysely),
    differences: await differencesIn(kysely),
  }
}

/** TimescaleDB in PGlite rolls up some thousand readings: half a minute, or more on a busy machine. */
const MINUTES = 180_000

test(
  'a regular table that somebody makes a hypertable of, as schemaStatus says, keeps all that is derived',
  async () => {
    await using database = await openRegular()
    const { kysely } = database
    await store(kysely, readings)
    await rollUpEverything(kysely)
    const before = await everything(kysely)
    expect(before).toMatchObject({ count: readings.length, differences: [] })

    const { kind, reason } = await readStorage(kysely)
    expect(kind).toBe('REGULAR_TABLE')
    const [conversion = ''] = /SELECT create_hypertable.*$/.exec(reason ?? '') ?? []
    await sql.raw(conversion).execute(kysely)
    expect((await readStorage(kysely)).kind).toBe('HYPERTABLE')
    expect(await everything(kysely)).toEqual(before)

    await using session = await database.openSession('test')
    const run = () => runRetention(session, { ...KEEP_ALL, compressAfter: 10 })
    const compressed = await run()
    expect(compressed).toMatchObject({ unfinished: null })
    expect(compressed?.compressed).toBeGreaterThan(0)
    await sql`delete from solark.telemetry where plant_id = 2 and timestamp < now() - interval '30 days'`.execute(
      kysely,
    )
    await rollUpEverything(kysely)
    const after = await everything(kysely)
    expect(after).toMatchObject({ history: before.history, differences: [] })
    expect(after.count).toBeLessThan(before.count)

    // A late reading beside compressed ones.
    await store(kysely, [{ plantId: 1, timestamp: daysAgo(44) + 1, power: 1 }])
    await sql`truncate solark.telemetry`.execute(kysely)
    expect(await everything(kysely)).toMatchObject({ latest: [], count: 0, differences: [] })
  },
  MINUTES,
)

test(
  'readings of which nothing is derived are found by health, and mended by making everything anew',
  async () => {
    await using database = await openTestDatabase('native')
    const { kysely } = database
    await store(kysely, readings)
    await rollUpEverything(kysely)
    const before = await everything(kysely)
    const check = () => rollupsCheck(kysely).run()
    expect(await check()).toMatchObject({ status: 'HEALTHY' })

    for (const forget of [
      ['delete from solark.latest'],
      [
        'delete from solark.latest',
        // As if it had been lost before the trigger existed.
        'alter table solark.plant disable trigger plant_kept',
        'delete from solark.plant',
        'alter table solark.plant enable trigger plant_kept',
        'delete from solark.reading_count',
        'delete from solark.rollup_quarter',
        'delete from solark.rollup_hour',
        'update solark.rollup set readings = 0',
      ],
      ['update solark.rollup set readings = -5'],
    ]) {
      for (const statement of forget) await sql.raw(statement).execute(kysely)
      expect(await check()).toMatchObject({
        status: 'DEGRADED',
        detail: expect.stringContaining('npm run rollup -- --rebuild'),
      })
      expect(await noteRebuild(kysely)).toBe(true)
      await rollUpEverything(kysely)
      expect(await check()).toMatchObject({ status: 'HEALTHY' })
      expect(await everything(kysely)).toEqual(before)
    }
  },
  MINUTES,
)
