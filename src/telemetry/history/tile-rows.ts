import { type RawBuilder, sql } from 'kysely'
import { integrate } from './integrate.ts'
import { quantities } from './quantity.ts'
import { aspects, columnsOf } from './summary-columns.ts'
import { QUARTER } from './tiles.ts'

/** What a tile says. */
export const everything = { quantities, aspects }

export const tileColumns = [
  'samples',
  'covered',
  ...columnsOf(everything).map(({ column }) => column),
] as const

/** Tiles of solark.rollup_quarter as the readings have them, with `plant_id` and `start`; `stretches` as in Integration. */
export function quartersFromReadings(
  stretches: RawBuilder<unknown>,
  maxGap: number,
): RawBuilder<unknown> {
  const width = sql.lit(QUARTER)
  // Quarters since 1970 number the buckets.
  const summaries = integrate({
    stretches,
    maxGap,
    ...everything,
    bucketOf: (time) => sql`floor(${time} / ${width})`,
    startOf: (bucket) => sql`(${bucket}) * ${width}::double precision`,
  })
  return sql`
    select summary.*, to_timestamp(bucket * ${sql.lit(QUARTER / 1e6)}::double precision) as start
    from (${summaries}) as summary`
}
