import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { hourOf } from '../changes/changed-quarters.ts'
import { notes } from '../changes/notes.ts'
import { rollupState } from '../changes/rollup-state.ts'
import type { Difference } from './difference.ts'
import { goneChunks } from './reading-counts.ts'
import type { Stretch } from './tiling.ts'

/**
 * Compares how many readings each hour has with how many are counted and noted for it. Leaves out dropped chunks whose
 * readings are still counted.
 */
export async function verifyCounts(
  kysely: Kysely<Schema>,
  { since, until }: Stretch,
): Promise<{ compared: number; differences: Difference[] }> {
  const within = (column: string) =>
    sql`${sql.ref(column)} >= ${timestamptz(since)} and ${sql.ref(column)} < ${timestamptz(until)}`
  const { rows } = await sql<{
    compared: number
    start: Instant | null
    kept: number
    recomputed: number
  }>`
    with known as (
      select hour, sum(readings) as readings
      from (
        select hour, readings from solark.reading_count where ${within('hour')}
        union all
        select ${hourOf(sql`first`)}, readings from ${notes}
        where readings <> 0 and ${within('first')}
      ) as counted
      group by hour
    ),
    counted as (
      select ${hourOf(sql`timestamp`)} as hour, count(*) as readings
      from solark.telemetry
      where ${within('timestamp')}
      group by 1
    ),
    hours as materialized (
      select hour, coalesce(known.readings, 0) as kept, coalesce(counted.readings, 0) as recomputed
      from known
      full join counted using (hour)
      where not exists (
        select from ${goneChunks} where hour >= ${hourOf(sql`first`)} and hour < last
      )
    )
    select counted.hours as compared, hour as start, kept::bigint as kept, recomputed::bigint as recomputed
    from (select count(*) as hours from hours) as counted
    left join hours on kept <> recomputed
    order by hour`.execute(kysely)
  return {
    compared: rows[0]?.compared ?? 0,
    differences: rows.flatMap(({ start, kept, recomputed }) =>
      start === null ? [] : [differenceOf('reading_count', start, kept, recomputed)],
    ),
  }
}

/** Compares the total count with the sum of the hours. */
export async function verifyTotal(kysely: Kysely<Schema>): Promise<Difference[]> {
  const { rows } = await sql<{ kept: number; recomputed: number }>`
    select rollup.readings as kept, hours.readings as recomputed
    from ${rollupState}
    cross join (
      select coalesce(sum(readings), 0)::bigint as readings from solark.reading_count
    ) as hours
    where rollup.readings <> hours.readings`.execute(kysely)
  return rows.map(({ kept, recomputed }) => differenceOf('rollup', null, kept, recomputed))
}

function differenceOf(
  table: 'reading_count' | 'rollup',
  start: Instant | null,
  kept: number,
  recomputed: number,
): Difference {
  return { table, plantId: null, start, column: 'readings', kept, recomputed }
}
