import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'

/** For a FROM clause, after `rollupState`: joins a plant, which may be unregistered, so that `gapLimit` is its own. */
export function joinPlant(plantId: number | RawBuilder<number>): RawBuilder<unknown> {
  return sql`left join solark.plant on plant.id = ${plantId}`
}

/** The gap limit of a plant: its own, or else that of the server. For queries that join both. */
export const gapLimit: RawBuilder<unknown> = sql`coalesce(plant.max_gap, rollup.max_gap)`

/** The same in microseconds. */
export const gapLimitMicroseconds: RawBuilder<number> = sql`round(date_part('epoch', ${gapLimit}) * 1e6)`

/** Reads the gap limits, for a function that returns that of a plant in microseconds. */
export async function readGapLimits(kysely: Kysely<Schema>): Promise<(plantId: number) => number> {
  const { rows } = await sql<{ plantId: number | null; limit: number }>`
    select plant.id as "plantId", ${gapLimitMicroseconds} as limit
    from solark.rollup left join solark.plant on plant.max_gap is not null
    union all
    select null, round(date_part('epoch', max_gap) * 1e6) from solark.rollup`.execute(kysely)
  const limits = new Map(rows.map(({ plantId, limit }) => [plantId, limit]))
  const own = limits.get(null) ?? 0
  return (plantId) => limits.get(plantId) ?? own
}
