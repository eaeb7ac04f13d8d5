import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { changedQuarters } from './changed-quarters.ts'

/** What was written and is not rolled up yet. */
export interface Pending {
  /** Rows of solark.telemetry_change; there may be some that touch no quarter, since those are frozen. */
  notes: number
  /** Quarters of an hour, over all plants, that are to be made anew. */
  quarters: number
}

/** Of what was noted until a time, of all plants or of one. */
export async function readPending(
  kysely: Kysely<Schema>,
  { until, plantId }: { until: Instant; plantId?: number | undefined },
): Promise<Pending> {
  const { rows } = await sql<Pending>`
    with plant as (
      select count(*) as notes, range_agg(${changedQuarters}) as changed
      from solark.telemetry_change
      cross join solark.rollup
      where noted_at <= ${timestamptz(until)}
        and (${plantId ?? null}::integer is null or plant_id = ${plantId ?? null}::integer)
      group by plant_id
    )
    select coalesce(sum(notes), 0)::bigint as notes,
      coalesce(sum((
        select sum(extract(epoch from upper(stretch) - lower(stretch)) / 900)
        from unnest(changed) as stretch
      )), 0)::bigint as quarters
    from plant`.execute(kysely)
  return rows[0] ?? { notes: 0, quarters: 0 }
}

/** The database's own clock, by which changes are noted. */
export async function readClock(kysely: Kysely<Schema>): Promise<Instant> {
  const { rows } = await sql<{ now: Instant }>`select clock_timestamp() as now`.execute(kysely)
  return rows[0]?.now ?? 0
}
