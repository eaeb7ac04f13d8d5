import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { hourOf } from './change.ts'
import { goneChunks } from './counted-chunks.ts'

/** How many readings there are. */
export interface ReadingCounts {
  total: number
  /** Measured in the last 24 hours. */
  lastDay: number
}

const dayAgo = sql`now() - interval '24 hours'`
/** The first hour of UTC that lies within the last 24 hours as a whole. */
const firstHour = sql`${hourOf(dayAgo)} + interval '1 hour'`

/**
 * What is known without reading the readings, as a table `kept (total, "lastDay", complete)` of one row: what was
 * counted when it was rolled up, and what was noted since. Of the hour in which the last 24 hours begin the readings
 * are counted. It is complete unless a chunk of a hypertable was dropped and that is not counted yet.
 */
export const keptCounts: RawBuilder<unknown> = sql`(
  select (rollup.readings + noted.total)::bigint as total,
    (
      (select count(*) from solark.telemetry where timestamp > ${dayAgo} and timestamp < ${firstHour})
      + (select coalesce(sum(readings), 0) from solark.reading_count where hour >= ${firstHour})
      + noted.day
    )::bigint as "lastDay",
    not exists (select from ${goneChunks}) as complete
  from solark.rollup
  cross join (
    select coalesce(sum(readings), 0) as total,
      coalesce(sum(readings) filter (where first >= ${firstHour}), 0) as day
    from solark.telemetry_change
  ) as noted
) as kept`

/** Exact, without reading the readings wherever that is possible. */
export async function readCounts(kysely: Kysely<Schema>): Promise<ReadingCounts> {
  const { rows } = await sql<ReadingCounts & { complete: boolean }>`
    select * from ${keptCounts}`.execute(kysely)
  const [kept] = rows
  return kept?.complete ? { total: kept.total, lastDay: kept.lastDay } : await countReadings(kysely)
}

/** Counts the readings one by one. */
export async function countReadings(kysely: Kysely<Schema>): Promise<ReadingCounts> {
  const { rows } = await sql<ReadingCounts>`
    select (select count(*) from solark.telemetry) as total,
      (select count(*) from solark.telemetry where timestamp > ${dayAgo}) as "lastDay"`.execute(
    kysely,
  )
  const [counts] = rows
  if (counts === undefined) throw new Error('Expected one row of counts, got none')
  return counts
}
