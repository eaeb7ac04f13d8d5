import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { notes } from './notes.ts'
import { rollupState } from './rollup-state.ts'

/** The hour of UTC in which a time lies, whatever the session's zone. */
export function hourOf(time: RawBuilder<unknown>): RawBuilder<Instant> {
  return sql`date_bin('1 hour', ${time}, timestamptz '2000-01-01 00:00:00+00')`
}

/** The quarter of an hour of UTC in which a time lies. */
function quarterOf(time: RawBuilder<unknown>): RawBuilder<Instant> {
  return sql`date_bin('15 minutes', ${time}, timestamptz '2000-01-01 00:00:00+00')`
}

/**
 * The quarters of an hour of which a row of solark.telemetry_change says that they are not rolled up as they are
 * now, as a range: neighbours within the gap limit are joined to what was written, so their lines change too.
 * Tiles that are frozen stay. Beside solark.rollup.
 */
export const changedQuarters = sql`
  tstzrange(${quarterOf(sql`first - max_gap`)}, ${quarterOf(sql`last + max_gap`)} + interval '15 minutes')
  * tstzrange(frozen_until, null)`

/**
 * Up to when tiles are frozen when readings before `limit` go: lines reach as far as the gap limit beyond them,
 * and hours are made of whole quarters. Beside solark.rollup.
 */
export function frozenBy(limit: Instant): RawBuilder<Instant> {
  return sql`${hourOf(sql`${timestamptz(limit)} + max_gap - interval '1 microsecond'`)} + interval '1 hour'`
}

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
      from ${notes}
      cross join ${rollupState}
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
