import { type RawBuilder, sql } from 'kysely'
import { numberFields } from '../../quantities.ts'
import { integrate } from './integrate.ts'
import { aspects, columnsOf } from './summary.ts'
import { DAY, QUARTER } from './tiling.ts'

/** Everything that a tile has. */
export const everything = { quantities: numberFields, aspects }

/** Only which tile it is, and how much of its time readings cover. */
export const nothing = { quantities: [], aspects: [] }

export const tileColumns = [
  'samples',
  'covered',
  ...columnsOf(everything).map(({ column }) => column),
] as const

/**
 * The tiles that the readings give for whole quarters, with `plant_id` and `start`, as solark.rollup_quarter has them;
 * `stretches` as in Integration. Integrates a day at a time: whole weeks need more memory, which is new to the process
 * each time and takes a sixth longer. With a long gap limit it takes more at a time, because the gap limit is read on
 * both sides.
 */
export function quartersFromReadings(
  stretches: RawBuilder<unknown>,
  maxGap: number,
): RawBuilder<unknown> {
  const width = sql.lit(QUARTER)
  const days = Math.max(1, Math.ceil((8 * maxGap) / DAY))
  const length = sql`interval '${sql.raw(String(24 * days))} hours'`
  // Buckets are numbered in quarters since 1970.
  const summaries = integrate({
    stretches: sql`(select piece.plant_id, piece.since, piece.until) as stretch`,
    maxGap,
    ...everything,
    bucketOf: (time) => sql`floor(${time} / ${width})`,
    startOf: (bucket) => sql`(${bucket}) * ${width}::double precision`,
  })
  return sql`
    select summary.*, to_timestamp(bucket * ${sql.lit(QUARTER / 1e6)}::double precision) as start
    from (
      select plant_id, part.since, least(part.since + ${length}, until) as until
      from ${stretches}
      cross join lateral generate_series(since, until - interval '1 microsecond', ${length}) as part (since)
      offset 0
    ) as piece
    cross join lateral (${summaries}) as summary`
}
