import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { readBacklog } from '../../../src/telemetry/changes/notes.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { differencesIn, rollUpEverything } from '../../support/rollups.ts'

const PLANTS = 60
/** Those of the day, and two before and after it into which lines reach. */
const QUARTERS = 96 + 2 + 1

/** Stores readings of a day, one every 15 minutes, in one commit for each hour, as they would have come. */
async function record({ kysely }: TestDatabase, plants: number, power: number): Promise<void> {
  for (let hour = 0; hour < 24; hour++) {
    await sql`
      insert into solark.telemetry (plant_id, timestamp, pv_power)
      select plant, timestamptz '2026-06-01 00:00Z' + ${hour} * interval '1 hour' + quarter * interval '15 minutes',
        ${power}::float8
      from generate_series(1, ${plants}::integer) as plant
      cross join generate_series(0, 3) as quarter
      on conflict (plant_id, timestamp) do update set pv_power = excluded.pv_power`.execute(kysely)
  }
}

test('plants are rolled up in turn, each once, while readings of the first ones keep coming', async () => {
  await using database = await openTestDatabase('native')
  const { kysely } = database
  await record(database, PLANTS, 100)
  let quarters = 0
  let steps = 0
  for (let more = true, next: number | undefined; more; steps++) {
    const step = await rollUp(kysely, next)
    await record(database, 3, 200 + steps)
    if (step === undefined) throw new Error('Expected nobody else to roll up')
    quarters += step.quarters
    more = step.more
    next = step.next
  }
  expect(steps).toBeGreaterThan(1)
  expect(quarters).toBe(PLANTS * QUARTERS)
  expect((await readBacklog(kysely)).changes).toBeGreaterThan(0)
  await rollUpEverything(kysely)
  expect((await readBacklog(kysely)).changes).toBe(0)
  expect(await differencesIn(kysely)).toEqual([])
})
