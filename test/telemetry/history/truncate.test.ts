import { type Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Schema } from '../../../src/database/schema.ts'
import { readLatestOfEach } from '../../../src/telemetry/latest.ts'
import { engines, openTestDatabase } from '../../support/database.ts'
import { countEverywhere, differencesIn, rollUpEverything } from '../../support/rollups.ts'

async function record(kysely: Kysely<Schema>, plantId: number): Promise<void> {
  await sql`
    insert into solark.telemetry (plant_id, timestamp, pv_power)
    select ${plantId}::integer, now() - n * interval '1 minute', 100 from generate_series(1, 100) as n`.execute(
    kysely,
  )
}

test.each(['repeatable read', 'serializable'] as const)(
  'readings that came after a %s transaction began are not truncated in it, and nothing counts twice',
  async (isolation) => {
    await using database = await openTestDatabase('native')
    await using session = await database.openSession('truncating')
    const { kysely } = database
    await record(kysely, 1)
    await rollUpEverything(kysely)
    const truncating = session.kysely
      .transaction()
      .setIsolationLevel(isolation)
      .execute(async (transaction) => {
        await sql`select count(*) from solark.telemetry`.execute(transaction)
        await record(kysely, 2)
        await sql`truncate solark.telemetry`.execute(transaction)
      })
    await expect(truncating).rejects.toThrow(/READ COMMITTED, got/)
    expect(await countEverywhere(kysely)).toEqual({ told: 200, counted: 200 })
    await rollUpEverything(kysely)
    expect(await differencesIn(kysely)).toEqual([])
  },
)

test.each(engines)('what is truncated is gone from everything, on %s', async (engine) => {
  await using database = await openTestDatabase(engine)
  const { kysely } = database
  await record(kysely, 1)
  await rollUpEverything(kysely)
  await record(kysely, 2)
  await sql`truncate solark.telemetry`.execute(kysely)
  expect(await countEverywhere(kysely)).toEqual({ told: 0, counted: 0 })
  expect(await readLatestOfEach(kysely)).toEqual([])
  expect(await differencesIn(kysely)).toEqual([])
  await record(kysely, 3)
  await rollUpEverything(kysely)
  expect(await countEverywhere(kysely)).toEqual({ told: 100, counted: 100 })
})
