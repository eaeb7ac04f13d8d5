import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import { timestamptz } from '../../database/timestamptz.ts'

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
