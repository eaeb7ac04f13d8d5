import { type Kysely, sql } from 'kysely'
import { formatInstant, type Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'

/** Seconds between the points of a day curve. */
const STEP = 300
/** Of 288 steps of a day, some eight are missing in many curves that have no others. */
const ENOUGH = 0.95

/**
 * Returns whether a plant has a reading in 95 % of the five-minute steps from `from` to just before `to`, from whatever
 * source: then a day curve would add nothing.
 */
export async function isCovered(
  kysely: Kysely<Schema>,
  plantId: number,
  from: Instant,
  to: Instant,
): Promise<boolean> {
  const { rows } = await sql<{ steps: number }>`
    select count(distinct floor(extract(epoch from timestamp) / ${sql.lit(STEP)})) as steps
    from solark.telemetry
    where plant_id = ${plantId} and timestamp >= ${formatInstant(from)} and timestamp < ${formatInstant(to)}`.execute(
    kysely,
  )
  return (rows[0]?.steps ?? 0) >= (ENOUGH * (to - from)) / (STEP * 1_000_000)
}
