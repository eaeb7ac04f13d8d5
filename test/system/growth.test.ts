import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createStatistics } from '../../src/system/statistics.ts'
import { openTestDatabase } from '../support/database.ts'

test('the growth is what the readings of a day take, and unknown where there are few', async () => {
  await using database = await openTestDatabase('native')
  const { kysely } = database
  const fill = async (hours: number, count: number) => {
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc)
      select 1, now() - ${hours} * interval '1 hour' + n * interval '1 second', 50
      from generate_series(1, ${count}::integer) as n`.execute(kysely)
    await sql`analyze solark.telemetry`.execute(kysely)
  }
  await fill(20, 500)
  expect(await createStatistics(database).growth()).toBeUndefined()

  await fill(10, 500)
  await fill(50, 3000)
  const { rows } = await sql<{ bytes: number }>`
    select sum(pg_total_relation_size(oid))::bigint as bytes from pg_class
    where oid = 'solark.telemetry'::regclass
      or oid in (select inhrelid from pg_inherits where inhparent = 'solark.telemetry'::regclass)`.execute(
    kysely,
  )
  expect(await createStatistics(database).growth()).toBe((rows[0]?.bytes ?? 0) / 4)
})
