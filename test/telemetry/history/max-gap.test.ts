import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { setMaxGap } from '../../../src/telemetry/history/rebuild.ts'
import { engines, openTestDatabase } from '../../support/database.ts'
import { differencesIn, rollUpEverything } from '../../support/rollups.ts'

const MINUTE_MS = 60_000

describe.each(engines)('%s', (engine) => {
  test('lowering MAX_GAP takes lines away that joined readings which were deleted just before', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    await setMaxGap(kysely, 120 * MINUTE_MS)
    await sql`
      insert into solark.telemetry (plant_id, timestamp, pv_power)
      values (1, '2026-06-01 08:00Z', 100), (1, '2026-06-01 10:00Z', 100), (1, '2026-06-01 12:00Z', 100)`.execute(
      kysely,
    )
    await rollUpEverything(kysely)
    await sql`delete from solark.telemetry where timestamp > '2026-06-01 09:00Z'`.execute(kysely)
    await setMaxGap(kysely, 15 * MINUTE_MS)
    await rollUpEverything(kysely)
    expect(await differencesIn(kysely)).toEqual([])
    const { rows } = await sql`select start from solark.rollup_quarter`.execute(kysely)
    expect(rows).toEqual([{ start: Date.UTC(2026, 5, 1, 8) * 1000 }])
  })
})
