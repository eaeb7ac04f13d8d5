import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

const SECONDS_PER_DAY = 86_400
const FEWEST_SAMPLES = 12

/** Notes the free space of the disk, once an hour at most, and forgets what is older than a week. */
export async function noteFreeSpace(kysely: Kysely<Schema>, freeBytes: number): Promise<void> {
  await sql`
    with forgotten as (
      delete from solark.disk_sample where at < clock_timestamp() - interval '7 days'
    )
    insert into solark.disk_sample (at, free_bytes)
    select clock_timestamp(), ${freeBytes}::bigint
    where not exists (select from solark.disk_sample where at > clock_timestamp() - interval '1 hour')`.execute(
    kysely,
  )
}

/**
 * Returns in how many days the disk is full, if it goes on as in the last week: the slope of the line through the free
 * space of each hour (ordinary least squares), from the free space of now. null if it does not shrink, or too little is
 * known: fewer than twelve samples, or samples of less than a day.
 */
export async function forecastFullDisk(
  kysely: Kysely<Schema>,
  freeBytes: number,
): Promise<number | null> {
  const { rows } = await sql<{ slope: number | null }>`
    select case when count(*) >= ${FEWEST_SAMPLES} and max(at) - min(at) >= interval '1 day'
      then regr_slope(free_bytes, date_part('epoch', at)) end as slope
    from solark.disk_sample
    where at > clock_timestamp() - interval '7 days'`.execute(kysely)
  const slope = rows[0]?.slope ?? null
  if (slope === null || slope >= 0) return null
  return freeBytes / -slope / SECONDS_PER_DAY
}
