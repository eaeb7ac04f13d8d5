import { type RawBuilder, sql } from 'kysely'
import { formatInstant } from '../../database/instant.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { storedTiles, type Wanted } from './summary-columns.ts'
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

/**
 * The stretches with the tiles that begin in them, as `stretch` and `tile`, for what `from` takes. Looked up stretch by
 * stretch in the key, which `offset 0` holds the planner to: as a join it matches plants alone, and compares each tile
 * of a plant with each of its stretches.
 */
export function tilesWithin(
  table: string,
  stretches: RawBuilder<unknown>,
  wanted: Wanted,
): RawBuilder<unknown> {
  return sql`${stretches}
    cross join lateral (
      select * from ${storedTiles(table, wanted)} as stored
      where plant_id = stretch.plant_id and start >= stretch.since and start < stretch.until
      offset 0
    ) as tile`
}
