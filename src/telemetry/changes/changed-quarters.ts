import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import { timestamptz } from '../../database/timestamptz.ts'

/** The hour of UTC that contains a time, whatever the time zone of the session. */
export function hourOf(time: RawBuilder<unknown>): RawBuilder<Instant> {
  return sql`date_bin('1 hour', ${time}, timestamptz '2000-01-01 00:00:00+00')`
}

/** The quarter of an hour of UTC that contains a time. */
function quarterOf(time: RawBuilder<unknown>): RawBuilder<Instant> {
  return sql`date_bin('15 minutes', ${time}, timestamptz '2000-01-01 00:00:00+00')`
}

/**
 * The quarters of an hour that a note makes outdated, as a range. Neighbours within the gap limit are joined to what
 * was written, so their lines change, too. Frozen tiles are left out. For queries that join `rollupState`.
 */
export const changedQuarters = sql`
  tstzrange(${quarterOf(sql`first - max_gap`)}, ${quarterOf(sql`last + max_gap`)} + interval '15 minutes')
  * tstzrange(frozen_until, null)`

/**
 * Before which time tiles are frozen if readings before `limit` are dropped: lines reach beyond them by up to the gap
 * limit, and hours consist of whole quarters. For queries that join `rollupState`.
 */
export function frozenBy(limit: Instant): RawBuilder<Instant> {
  return sql`${hourOf(sql`${timestamptz(limit)} + max_gap - interval '1 microsecond'`)} + interval '1 hour'`
}
