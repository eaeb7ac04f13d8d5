import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { hourOf } from '../changes/changed-quarters.ts'
import { notes } from '../changes/notes.ts'
import { rollupState } from '../changes/rollup-state.ts'
import type { Stretch } from './tiling.ts'

/**
 * Whether a time lies in kept hours. Those of a plant whose own gap limit, in microseconds, is longer than the server's
 * reach further, also beyond frozen tiles, because the lines of its dropped readings do.
 */
export function isKept(time: string, maxGap: number): RawBuilder<boolean> {
  const further = sql`greatest(${sql.lit(maxGap)} * interval '1 microsecond' - max_gap, interval '0')`
  const frozen = sql`tstzmultirange(tstzrange(null, coalesce(frozen_until, '-infinity')))`
  return sql`${sql.ref(time)} <@ (
    select range_agg(tstzrange(${hourOf(sql`lower(hours) - ${further}`)}, upper(hours) + ${further}))
    from ${rollupState}
    cross join lateral unnest(kept + ${frozen}) as hours
  )`
}

/** Whether a tile made again says less than the kept one: it was made of fewer readings, or of shorter lines. */
export function saysLess(made: string, kept: string): RawBuilder<boolean> {
  const column = (table: string, name: string) => sql.ref(`${table}.${name}`)
  return sql`(
    ${column(made, 'samples')} < ${column(kept, 'samples')}
    or ${column(made, 'covered')} < ${column(kept, 'covered')}
  )`
}

/**
 * Keeps the hours that lost readings with their chunks. These are hours of missing chunks that have fewer readings
 * than are counted for them, and those that lines from there reach into. A DELETE is noted, and so it is in the
 * counts: what is missing beyond it was dropped with a chunk. Returns whether there are such hours. To be called
 * before the hours are counted again.
 */
export async function keepLostHours(
  transaction: Kysely<Schema>,
  { since, until }: Stretch,
): Promise<boolean> {
  const within = (column: string) =>
    sql`${sql.ref(column)} >= ${timestamptz(since)} and ${sql.ref(column)} < ${timestamptz(until)}`
  const { rows } = await sql`
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
    there as (
      select ${hourOf(sql`timestamp`)} as hour, count(*) as readings
      from solark.telemetry
      where ${within('timestamp')}
      group by 1
    ),
    lost as (
      select range_agg(tstzrange(
          ${hourOf(sql`hour - max_gap`)},
          ${hourOf(sql`hour + max_gap + interval '1 hour' - interval '1 microsecond'`)} + interval '1 hour'
        )) - tstzmultirange(tstzrange(null, coalesce(max(frozen_until), '-infinity'))) as hours
      from known
      left join there using (hour)
      cross join ${rollupState}
      where known.readings > coalesce(there.readings, 0)
    )
    update ${rollupState} set kept = kept + lost.hours
    from lost
    where not isempty(lost.hours)
    returning kept`.execute(transaction)
  return rows.length > 0
}

/** Frozen tiles do not change, so their hours need not be kept as well. */
export async function forgetFrozenHours(transaction: Kysely<Schema>): Promise<void> {
  await sql`
    update ${rollupState} set kept = kept - tstzmultirange(tstzrange(null, frozen_until))
    where frozen_until is not null and kept && tstzrange(null, frozen_until)`.execute(transaction)
}

/** History that outlasts its readings. */
export interface KeptHistory {
  /** Tiles before it are frozen; null: none is. */
  frozenUntil: Instant | null
  /** Time of chunks that somebody else dropped, in order. */
  dropped: Stretch[]
}

export async function readKeptHistory(kysely: Kysely<Schema>): Promise<KeptHistory> {
  const { rows } = await sql<{
    frozenUntil: Instant | null
    since: Instant | null
    until: Instant | null
  }>`
    select frozen_until as "frozenUntil", lower(hours) as since, upper(hours) as until
    from ${rollupState}
    left join lateral unnest(kept) as hours on true
    order by since`.execute(kysely)
  return {
    frozenUntil: rows[0]?.frozenUntil ?? null,
    dropped: rows.flatMap(({ since, until }) =>
      since === null || until === null ? [] : [{ since, until }],
    ),
  }
}
