import { type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { gapLimit } from './gap-limit.ts'

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
 * was written, so their lines change, too. Frozen tiles are left out. So are all tiles if retention dropped the
 * readings of that time: lines of a plant with a long limit reach from there beyond the frozen tiles, and stay. For
 * queries that join `rollupState` and, by `joinPlant`, the plant of the note.
 */
export const changedQuarters = sql`
  tstzrange(${quarterOf(sql`first - ${gapLimit}`)}, ${quarterOf(sql`last + ${gapLimit}`)} + interval '15 minutes')
  * case when last < ${hourOf(sql`frozen_until - rollup.max_gap`)} then 'empty'
    else tstzrange(frozen_until, null) end`

/**
 * Before which time tiles are frozen if readings before `limit` are dropped: lines reach beyond them by up to the
 * server's gap limit, and hours consist of whole quarters. `isKept` protects the tiles into which lines of a plant with
 * a longer limit reach. For queries that join `rollupState`.
 */
export function frozenBy(limit: Instant): RawBuilder<Instant> {
  return sql`${hourOf(sql`${timestamptz(limit)} + rollup.max_gap - interval '1 microsecond'`)} + interval '1 hour'`
}
