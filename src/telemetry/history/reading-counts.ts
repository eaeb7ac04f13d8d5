import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { wholeSecond } from '../../whole-second.ts'
import { frozenBy, hourOf } from '../changes/changed-quarters.ts'
import { forgetNotedCounts, notes } from '../changes/notes.ts'
import { rollupState } from '../changes/rollup-state.ts'
import { refreshSilent } from '../latest.ts'
import { forgetFrozenHours, keepLostHours } from './kept-history.ts'
import type { Stretch } from './tiling.ts'

/** How many readings there are. */
export interface ReadingCounts {
  total: number
  /** Measured in the last 24 hours. */
  lastDay: number
}

/** By a clock of whole seconds, so that who asks again within the second is given the same. */
function dayAgo(): RawBuilder<Instant> {
  return timestamptz((wholeSecond() - 24 * 60 * 60_000) * 1000)
}

/** The first hour of UTC that lies completely within the last 24 hours. */
function firstHour(): RawBuilder<Instant> {
  return sql`${hourOf(dayAgo())} + interval '1 hour'`
}

/** Dropped chunks whose readings are still counted, as a table `gone (first, last)`; empty on a regular table. */
export const goneChunks = sql`(
  select first, last from solark.counted_chunk
  where not exists (
    select from pg_inherits
    join pg_class on pg_class.oid = inhrelid
    where inhparent = 'solark.telemetry'::regclass and relname = counted_chunk.name
  )
) as gone`

/**
 * What is known without reading the readings, as a table `kept (total, "lastDay", complete)` of one row: what was
 * counted when it was rolled up, and what was noted since. Readings are counted only of the hour in which the last 24
 * hours begin. `complete` is false if a chunk was dropped whose readings are still counted.
 */
export const keptCounts = (): RawBuilder<unknown> => sql`(
  select (rollup.readings + noted.total)::bigint as total,
    (
      (select count(*) from solark.telemetry where timestamp > ${dayAgo()} and timestamp < ${firstHour()})
      + (select coalesce(sum(readings), 0) from solark.reading_count where hour >= ${firstHour()})
      + noted.day
    )::bigint as "lastDay",
    not exists (select from ${goneChunks}) as complete
  from ${rollupState}
  cross join (
    select coalesce(sum(readings), 0) as total,
      coalesce(sum(readings) filter (where first >= ${firstHour()}), 0) as day
    from ${notes}
  ) as noted
) as kept`

/** Exact. Reads no readings if that is possible. */
export async function readCounts(kysely: Kysely<Schema>): Promise<ReadingCounts> {
  const { rows } = await sql<ReadingCounts & { complete: boolean }>`
    select * from ${keptCounts()}`.execute(kysely)
  const [kept] = rows
  return kept?.complete ? { total: kept.total, lastDay: kept.lastDay } : await countReadings(kysely)
}

/** Counts the readings one by one. */
export async function countReadings(kysely: Kysely<Schema>): Promise<ReadingCounts> {
  const { rows } = await sql<ReadingCounts>`
    select (select count(*) from solark.telemetry) as total,
      (select count(*) from solark.telemetry where timestamp > ${dayAgo()}) as "lastDay"`.execute(
    kysely,
  )
  const [counts] = rows
  if (counts === undefined) throw new Error('Expected one row of counts, got none')
  return counts
}

/** What outlasts chunks that somebody else dropped. */
export interface KeptByRecount {
  /** Whether hours are kept whose readings were dropped. */
  keepsHours?: boolean
  /** Before which time tiles were frozen; undefined if no further ones were. */
  frozenUntil?: Instant
}

/**
 * Counts again the time of missing chunks, because drop_chunks notifies nobody. That includes what was noted of this
 * time, and readings written to it since, which lie in new chunks. What was rolled up is kept. Remembers the chunks
 * that exist now.
 */
export async function recountChunks(transaction: Kysely<Schema>): Promise<KeptByRecount> {
  const extension = await sql`select from pg_extension where extname = 'timescaledb'`.execute(
    transaction,
  )
  if (extension.rows.length === 0) return {}
  const { rows: gone } = await sql<Stretch & { last: Instant }>`
    delete from solark.counted_chunk
    where not exists (select from ${chunks} where chunk_name = counted_chunk.name)
    returning ${hourOf(sql`first`)} as since,
      ${hourOf(sql`last - interval '1 microsecond'`)} + interval '1 hour' as until, last`.execute(
    transaction,
  )
  let keepsHours = false
  for (const { since, until } of gone) {
    if (await keepLostHours(transaction, { since, until })) keepsHours = true
    const within = (column: string) =>
      sql`${sql.ref(column)} >= ${timestamptz(since)} and ${sql.ref(column)} < ${timestamptz(until)}`
    await sql`delete from solark.reading_count where ${within('hour')}`.execute(transaction)
    await forgetNotedCounts(transaction, within('first'))
    await sql`
      insert into solark.reading_count (hour, readings)
      select ${hourOf(sql`timestamp`)}, count(*) from solark.telemetry
      where ${within('timestamp')}
      group by 1`.execute(transaction)
  }
  if (gone.length > 0) {
    await sql`
      update ${rollupState}
      set readings = coalesce((select sum(readings) from solark.reading_count), 0)`.execute(
      transaction,
    )
  }
  await sql`
    insert into solark.counted_chunk (name, first, last)
    select chunk_name, range_start, range_end from ${chunks}
    on conflict do nothing`.execute(transaction)
  if (gone.length === 0) return {}
  const frozenUntil = await freezeBefore(transaction, greatest(gone))
  await forgetFrozenHours(transaction)
  await refreshSilent(transaction, greatest(gone))
  return frozenUntil === undefined ? { keepsHours } : { keepsHours, frozenUntil }
}

/**
 * Freezes tiles if the oldest chunks were dropped and nothing was written to their time since: that time is over, and
 * retention of rollups may delete them. Otherwise their hours are kept one by one.
 */
async function freezeBefore(
  transaction: Kysely<Schema>,
  limit: Instant,
): Promise<Instant | undefined> {
  const { rows } = await sql<{ until: Instant }>`
    update ${rollupState} set frozen_until = ${frozenBy(limit)}
    where (frozen_until is null or frozen_until < ${frozenBy(limit)})
      and ${timestamptz(limit)} <= now()
      and (select min(range_start) from ${chunks}) >= ${timestamptz(limit)}
    returning frozen_until as until`.execute(transaction)
  return rows[0]?.until
}

function greatest(gone: readonly { last: Instant }[]): Instant {
  return Math.max(...gone.map(({ last }) => last))
}

const chunks = sql`(
  select chunk_name, range_start, range_end from timescaledb_information.chunks
  where hypertable_schema = 'solark' and hypertable_name = 'telemetry'
) as chunk`

/** Remembers the chunks that end at `until` or before as counted, because they are about to be dropped. */
export async function keepCountedChunks(
  transaction: Kysely<Schema>,
  until: Instant,
): Promise<void> {
  await sql`
    insert into solark.counted_chunk (name, first, last)
    select chunk_name, range_start, range_end from timescaledb_information.chunks
    where hypertable_schema = 'solark' and hypertable_name = 'telemetry' and range_end <= ${timestamptz(until)}
    on conflict do nothing`.execute(transaction)
}
