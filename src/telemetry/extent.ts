import { type Kysely, sql } from 'kysely'
import type { Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { timestamptz } from '../database/timestamptz.ts'
import { requireSchema } from './schema-ready.ts'
import { requireForwardRange } from './time-bounds.ts'

/** Selects readings; a bound that is left out does not limit. */
export interface Selection {
  plantId?: number | undefined
  /** Inclusive. */
  from?: Instant | undefined
  /** Exclusive. */
  to?: Instant | undefined
}

/** How many readings there are, and when the first and the last were measured; null if there are none. */
export interface Extent {
  count: number
  earliest: Instant | null
  latest: Instant | null
}

/**
 * Counts the readings one by one, which takes seconds for some millions. Throws `INVALID_RANGE` if `from` is after
 * `to`, and `SCHEMA_NOT_READY`.
 */
export async function readExtent(kysely: Kysely<Schema>, selection: Selection): Promise<Extent> {
  const { plantId, from, to } = selection
  requireForwardRange(from, to)
  await requireSchema(kysely)
  let readings = kysely.selectFrom('solark.telemetry')
  if (plantId !== undefined) readings = readings.where('plant_id', '=', plantId)
  if (from !== undefined) readings = readings.where('timestamp', '>=', timestamptz(from))
  if (to !== undefined) readings = readings.where('timestamp', '<', timestamptz(to))
  return readings
    .select([
      sql<number>`count(*)`.as('count'),
      sql<Instant | null>`min(timestamp)`.as('earliest'),
      sql<Instant | null>`max(timestamp)`.as('latest'),
    ])
    .executeTakeFirstOrThrow()
}
