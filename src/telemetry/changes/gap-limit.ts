import { type RawBuilder, sql } from 'kysely'

/** For a FROM clause, after `rollupState`: joins a plant, which may be unregistered, so that `gapLimit` is its own. */
export function joinPlant(plantId: number | RawBuilder<number>): RawBuilder<unknown> {
  return sql`left join solark.plant on plant.id = ${plantId}`
}

/** The gap limit of a plant: its own, or else that of the server. For queries that join both. */
export const gapLimit: RawBuilder<unknown> = sql`coalesce(plant.max_gap, rollup.max_gap)`

/** The same in microseconds. */
export const gapLimitMicroseconds: RawBuilder<number> = sql`round(date_part('epoch', ${gapLimit}) * 1e6)`
