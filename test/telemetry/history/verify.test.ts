import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../../../src/database/schema.ts'
import type { Difference } from '../../../src/telemetry/history/difference.ts'
import { readCounts } from '../../../src/telemetry/history/reading-counts.ts'
import { noteRebuild, repairCounts } from '../../../src/telemetry/history/rebuild.ts'
import { verifyRollups } from '../../../src/telemetry/history/verify.ts'
import { engines, openTestDatabase } from '../../support/database.ts'
import { rollUpEverything } from '../../support/rollups.ts'

const HOUR = 3_600_000_000
const JUNE = Date.UTC(2026, 5, 1) * 1000

/** Two plants, one with a hole of a month, and values without round sums. */
async function record(kysely: Kysely<Schema>): Promise<void> {
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc, pv_power, load_power, batt_power, grid_power, batt_voltage)
    select plant, time, 50 + 40 * sin(n / 100.0), 3000 / (1 + n % 7), 700.1, 2000 * sin(n / 30.0),
      -1000 * cos(n / 9.0), 51.2 + n % 3 / 7.0
    from generate_series(7, 8) as plant
    cross join generate_series(0, 999) as n
    cross join lateral (
      select timestamptz '2026-06-01 00:00Z' + n * interval '3 minutes 7 seconds'
        + case when plant = 8 and n > 500 then interval '30 days' else '0' end as time
    ) as at`.execute(kysely)
}

async function verify(kysely: Kysely<Schema>, plantId?: number) {
  const found = { quarters: 0, hours: 0, counts: 0, differences: [] as Difference[] }
  for await (const part of verifyRollups(kysely, plantId)) {
    const { quarters, hours, counts, differences } = part
    found.quarters += quarters
    found.hours += hours
    found.counts += counts
    found.differences.push(...differences)
  }
  return found
}

describe.each(engines)('%s', (engine) => {
  test('what was rolled up is what the readings say, and what is not rolled up is left out', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    await record(kysely)
    expect(await verify(kysely)).toEqual({
      quarters: 0,
      hours: 0,
      counts: 78,
      differences: [],
    })
    await rollUpEverything(kysely)
    expect(await verify(kysely)).toEqual({
      quarters: 416,
      hours: 104,
      counts: 78,
      differences: [],
    })
    expect(await verify(kysely, 7)).toEqual({
      quarters: 208,
      hours: 52,
      counts: 0,
      differences: [],
    })
  })

  test('whatever is not what the readings say is found, and mended by making it anew', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    await record(kysely)
    await rollUpEverything(kysely)
    await sql`
      update solark.rollup_quarter set pv_power_integral = pv_power_integral * (1 + 1e-8), grid_power_min = null
      where plant_id = 7 and start = '2026-06-01 10:15Z'`.execute(kysely)
    await sql`
      update solark.rollup_hour set covered = covered + 1
      where plant_id = 7 and start = '2026-06-01 05:00Z'`.execute(kysely)
    await sql`
      delete from solark.rollup_quarter where plant_id = 8 and start = '2026-06-01 03:30Z'`.execute(
      kysely,
    )
    // In the hole, and for a plant without readings.
    for (const [plantId, time] of [
      [8, '2026-06-20 12:00Z'],
      [9, '2020-01-01 00:00Z'],
    ]) {
      for (const table of ['solark.rollup_quarter', 'solark.rollup_hour']) {
        await sql`
          insert into ${sql.table(table)}
          select (jsonb_populate_record(null::solark.rollup_quarter,
            to_jsonb(tile) || jsonb_build_object('plant_id', ${plantId}::integer, 'start', ${time}::timestamptz))).*
          from (select * from solark.rollup_quarter order by plant_id, start limit 1) as tile`.execute(
          kysely,
        )
      }
    }
    await sql`update solark.reading_count set readings = 3 where hour = '2026-06-01 02:00Z'`.execute(
      kysely,
    )
    await sql`update solark.rollup set readings = readings + 5`.execute(kysely)

    const { differences } = await verify(kysely)
    const placeOf = ({ table, plantId, start }: Difference) =>
      `${table} ${plantId} ${start === null ? null : (start - JUNE) / HOUR}`
    expect([...new Set(differences.map(placeOf))]).toEqual([
      'rollup_quarter 7 10.25',
      'rollup_hour 7 5',
      'rollup_quarter 8 3.5',
      'rollup_hour 8 3',
      'rollup_quarter 8 468',
      'rollup_quarter 9 -56232',
      'reading_count null 2',
      'rollup null null',
    ])
    const columnsOf = (place: string) =>
      differences.filter((difference) => placeOf(difference) === place).map(({ column }) => column)
    expect(columnsOf('rollup_quarter 7 10.25')).toEqual(['grid_power_min', 'pv_power_integral'])
    expect(columnsOf('rollup_hour 7 5')).toContain('covered')
    expect(differences).toContainEqual(
      expect.objectContaining({ plantId: 8, column: 'samples', kept: null, recomputed: 5 }),
    )
    expect(differences.at(-1)).toMatchObject({ kept: 2005, recomputed: 1965 })

    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc) values (8, '2026-06-01 00:00:01Z', 3)`.execute(
      kysely,
    )
    expect(await noteRebuild(kysely)).toBe(true)
    await rollUpEverything(kysely)
    expect((await verify(kysely)).differences).toEqual([])
    expect(await readCounts(kysely)).toMatchObject({ total: 2001 })
    const { rows } = await sql`
      select from solark.rollup_quarter where plant_id = 9
      union all select from solark.rollup_hour where plant_id = 9`.execute(kysely)
    expect(rows).toEqual([])
  })

  test('tiles whose readings retention took are neither compared nor made anew', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    await record(kysely)
    await rollUpEverything(kysely)
    await sql`update solark.rollup set frozen_until = '2026-06-02 00:00Z'`.execute(kysely)
    await sql`delete from solark.telemetry where timestamp < '2026-06-01 23:30Z'`.execute(kysely)
    const before = await sql`select * from solark.rollup_quarter order by plant_id, start`.execute(
      kysely,
    )
    for (const plantId of [7, undefined]) {
      expect(await noteRebuild(kysely, plantId)).toBe(true)
      await rollUpEverything(kysely)
      expect((await verify(kysely)).differences).toEqual([])
    }
    const after = await sql`select * from solark.rollup_quarter order by plant_id, start`.execute(
      kysely,
    )
    expect(after.rows).toEqual(before.rows)
  })
})

test('where the data of a dump without its schema made counts that are not of the readings, they are counted anew', async () => {
  await using database = await openTestDatabase('native')
  const { kysely } = database
  await record(kysely)
  await rollUpEverything(kysely)
  // The row of solark.rollup already exists, so that of the dump is refused. The triggers count once more.
  await sql`update solark.rollup set readings = 0`.execute(kysely)
  await sql`
    insert into solark.telemetry_change (plant_id, first, last, readings)
    select plant_id, min(timestamp), max(timestamp), count(*) from solark.telemetry
    group by plant_id, date_trunc('hour', timestamp)`.execute(kysely)
  expect((await verify(kysely)).differences).not.toEqual([])
  await rollUpEverything(kysely)
  expect(await repairCounts(kysely)).toBe(true)
  expect((await verify(kysely)).differences).toEqual([])
  expect(await readCounts(kysely)).toMatchObject({ total: 2000 })
  expect(await repairCounts(kysely)).toBe(false)
})
