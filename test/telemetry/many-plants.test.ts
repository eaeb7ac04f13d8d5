import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Schema } from '../../src/database/schema.ts'
import { createStatistics } from '../../src/system/statistics.ts'
import { rollUp } from '../../src/telemetry/history/roll-up.ts'
import { readLatestOfAny } from '../../src/telemetry/latest.ts'
import { engines, openTestDatabase, type TestDatabase } from '../support/database.ts'
import { explainEach } from '../support/plans.ts'

const PLANTS = 1000
const TIMES = 24

/** Loggers that send on the minute: all plants share a few times, as on the first day of a fleet. */
async function fill(kysely: Kysely<Schema>): Promise<void> {
  await sql`
    insert into solark.telemetry (plant_id, timestamp, pv_power)
    select plant, date_bin('5 minutes', now(), '2000-01-01Z') - time * interval '5 minutes', 1000
    from generate_series(1, ${sql.lit(TIMES)}) as time, generate_series(1, ${sql.lit(PLANTS)}) as plant`.execute(
    kysely,
  )
  await sql`analyze`.execute(kysely)
}

describe.each(engines)('on %s, with a thousand plants that share their times', (engine) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await openTestDatabase(engine)
    await fill(database.kysely)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  test('the newest reading of any plant is looked up', async () => {
    const { kysely, statements } = explainEach(database.kysely)
    expect(await readLatestOfAny(kysely)).toMatchObject({ plantId: 1 })
    expect(statements.map(({ rowsRead }) => rowsRead)).toEqual([1])
  })

  test('rolling up reads each plant by its key, never the time of all plants', async () => {
    const { kysely, statements } = explainEach(database.kysely)
    expect((await rollUp(kysely))?.quarters).toBeGreaterThan(0)
    const readings = statements.filter(({ relations }) =>
      [...relations].some((name) => name === 'telemetry' || name.startsWith('_hyper_')),
    )
    const indexes = readings.flatMap(({ indexes }) => [...indexes])
    expect(indexes).toContainEqual(expect.stringMatching(/telemetry_pkey/))
    expect(indexes).not.toContainEqual(expect.stringMatching(/telemetry_timestamp_plant_id_idx/))
  })

  test('how fast the database grows is told without counting its readings', async () => {
    while ((await rollUp(database.kysely))?.more);
    const { kysely, statements } = explainEach(database.kysely)
    const statistics = createStatistics({ kysely, reserved: kysely })
    expect(await statistics.growth()).toBeGreaterThan(0)
    const rows = statements.reduce((sum, { rowsRead }) => sum + rowsRead, 0)
    expect(rows).toBeLessThan(PLANTS * TIMES)
  })

  test('a page of the feed reads its own notes, however many follow', async () => {
    const page = 100
    await database.kysely.transaction().execute(async (transaction) => {
      for (const [table, columns] of [
        ['telemetry_log', '(txid, plant_id, first, last, noted_at)'],
        ['telemetry_change', '(txid, plant_id, first, last, readings)'],
      ] as const) {
        await sql`
          insert into ${sql.table(`solark.${table}`)} ${sql.raw(columns)}
          select (n / 100 + 1)::text::xid8, n % 100, now(), now(), ${table === 'telemetry_log' ? sql`now()` : sql`1`}
          from generate_series(0, 9999) as n`.execute(transaction)
      }
      const before = await notesRead(transaction)
      const { rows } = await sql`
        select from solark.notes_after('1', 0, now() - interval '1 day', null, '1000000', ${page}::integer)`.execute(
        transaction,
      )
      expect(rows).toHaveLength(page)
      expect((await notesRead(transaction)) - before).toBeLessThan(5 * page)
      await sql`delete from solark.telemetry_change`.execute(transaction)
    })
  })
})

async function notesRead(transaction: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ notes: number }>`
    select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::integer as notes
    from pg_stat_xact_user_tables where relname in ('telemetry_log', 'telemetry_change')`.execute(
    transaction,
  )
  return rows[0]?.notes ?? 0
}
