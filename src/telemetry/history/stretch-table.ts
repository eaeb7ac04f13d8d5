import { type RawBuilder, sql } from 'kysely'
import { formatInstant } from '../../database/instant.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import type { Stretch } from './tiles.ts'

/** Stretches of time of a plant, or of several, as a table `stretch (plant_id, since, until)`. */
export function stretchTable(
  plantId: number | readonly number[],
  stretches: readonly Stretch[],
): RawBuilder<unknown> {
  const [only, ...others] = stretches
  if (typeof plantId === 'number' && only !== undefined && others.length === 0) {
    // The planner sees constants, and knows how much lies between them.
    return sql`(
      select ${plantId}::integer as plant_id, ${timestamptz(only.since)} as since, ${timestamptz(only.until)} as until
    ) as stretch`
  }
  const plants = typeof plantId === 'number' ? stretches.map(() => plantId) : plantId
  return sql`unnest(
    ${plants}::integer[],
    ${stretches.map(({ since }) => formatInstant(since))}::timestamptz[],
    ${stretches.map(({ until }) => formatInstant(until))}::timestamptz[]
  ) as stretch (plant_id, since, until)`
}
