import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import type { Pace } from './pace.ts'
import { withShortLocks } from './with-lock.ts'

/** Some hundredths of a second of work, for which a writer of one of these readings would wait. */
const BATCH = 5000

/**
 * Deletes the readings before `cutoff` from a regular table, batch by batch in the order of time; so whole pages
 * of the table become free. Answers why it ended early, undefined where it did not.
 *
 * Each batch begins where the one before ended: the index still has the entries of what was deleted. Readings
 * that somebody is writing are left to the next run.
 */
export async function deleteReadingsBefore(
  kysely: Kysely<Schema>,
  cutoff: Instant,
  pace: Pace,
  onDeleted: (readings: number) => void,
): Promise<string | undefined> {
  let reached: Instant | undefined
  while (pace.over === undefined) {
    const from = reached === undefined ? sql`'-infinity'` : timestamptz(reached)
    const batch = await withShortLocks(kysely, pace, async (transaction) => {
      const { rows } = await sql<{ readings: number; last: Instant | null }>`
        with gone as (
          delete from solark.telemetry
          where ctid = any (array(
            select ctid from solark.telemetry
            where timestamp >= ${from} and timestamp < ${timestamptz(cutoff)}
            order by timestamp, plant_id
            limit ${sql.lit(BATCH)}
            for update skip locked
          ))
          returning timestamp
        )
        select count(*) as readings, max(timestamp) as last from gone`.execute(transaction)
      return rows[0]
    })
    if (batch === undefined) return 'the readings are in use'
    onDeleted(batch.readings)
    if (batch.last === null || batch.readings < BATCH) return undefined
    reached = batch.last
  }
  return pace.over
}

/** Whether there is a reading before `cutoff`. */
export async function hasReadingsBefore(kysely: Kysely<Schema>, cutoff: Instant): Promise<boolean> {
  const { rows } = await sql`
    select from solark.telemetry where timestamp < ${timestamptz(cutoff)} limit 1`.execute(kysely)
  return rows.length > 0
}
