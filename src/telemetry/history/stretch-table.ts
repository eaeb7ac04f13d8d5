import { type RawBuilder, sql } from 'kysely'
import { formatInstant } from '../../database/instant.ts'
import type { Stretch } from './tiles.ts'

/** Stretches of time of a plant, or of several, as a table `stretch (plant_id, since, until)`. */
export function stretchTable(
  plantId: number | readonly number[],
  stretches: readonly Stretch[],
): RawBuilder<unknown> {
  const plants = typeof plantId === 'number' ? stretches.map(() => plantId) : plantId
  return sql`unnest(
    ${plants}::integer[],
    ${stretches.map(({ since }) => formatInstant(since))}::timestamptz[],
    ${stretches.map(({ until }) => formatInstant(until))}::timestamptz[]
  ) as stretch (plant_id, since, until)`
}
