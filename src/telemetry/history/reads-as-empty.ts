import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'

/**
 * Whether there are readings though none is counted, or the newest of no plant is kept: whoever writes without the
 * triggers, or made them believe that all readings are gone, leaves it so. Reads one reading at most.
 */
export async function readsAsEmpty(kysely: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql`
    select from solark.rollup
    where not exists (select from solark.latest)
      or readings + (select coalesce(sum(readings), 0) from solark.telemetry_change) <= 0`.execute(
    kysely,
  )
  if (rows.length === 0) return false
  const { rows: readings } = await sql`select from solark.telemetry limit 1`.execute(kysely)
  return readings.length > 0
}
