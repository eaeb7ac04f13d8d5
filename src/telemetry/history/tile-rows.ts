import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { columnOf, type NumberField, numberFields } from '../../quantities.ts'
import { integrate } from './integrate.ts'
import { aspects, columnsOf, type Part } from './summary.ts'
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
 * both sides. Only `quantities` are integrated; the columns of the others say that they were not measured.
 */
export function quartersFromReadings(
  stretches: RawBuilder<unknown>,
  maxGap: number,
  quantities: readonly NumberField[] = numberFields,
): RawBuilder<unknown> {
  const others = numberFields.filter((field) => !quantities.includes(field))
  const notMeasured = columnsOf({ quantities: others, aspects }).map(
    ({ part, column }) => sql`, ${nothingOf[part]} as ${sql.ref(column)}`,
  )
  const width = sql.lit(QUARTER)
  const days = Math.max(1, Math.ceil((8 * maxGap) / DAY))
  const length = sql`interval '${sql.raw(String(24 * days))} hours'`
  // Buckets are numbered in quarters since 1970.
  const summaries = integrate({
    stretches: sql`(select piece.plant_id, piece.since, piece.until) as stretch`,
    maxGap,
    quantities,
    aspects,
    bucketOf: (time) => sql`floor(${time} / ${width})`,
    startOf: (bucket) => sql`(${bucket}) * ${width}::double precision`,
  })
  return sql`
    select summary.*, to_timestamp(bucket * ${sql.lit(QUARTER / 1e6)}::double precision) as start
      ${sql.join(notMeasured, sql``)}
    from (
      select plant_id, part.since, least(part.since + ${length}, until) as until
      from ${stretches}
      cross join lateral generate_series(since, until - interval '1 microsecond', ${length}) as part (since)
      offset 0
    ) as piece
    cross join lateral (${summaries}) as summary`
}

const nothingOf: Readonly<Record<Part, RawBuilder<unknown>>> = {
  covered: sql`0::bigint`,
  integral: sql`null::double precision`,
  positive: sql`null::double precision`,
  min: sql`null::double precision`,
  max: sql`null::double precision`,
  sum: sql`null::double precision`,
  count: sql`null::integer`,
}

/**
 * The quantities that readings in these ranges, or within the gap limit of them, have: at least one. Many plants
 * measure half of all quantities, and integrating a column of nulls takes as long as one of values.
 */
export async function measuredQuantities(
  transaction: Kysely<Schema>,
  stretches: RawBuilder<unknown>,
  maxGap: number,
): Promise<readonly NumberField[]> {
  const gap = sql`${sql.lit(maxGap)} * interval '1 microsecond'`
  const { rows } = await sql<Partial<Record<NumberField, boolean | null>>>`
    select ${sql.join(
      numberFields.map(
        (field) => sql`bool_or(${sql.ref(columnOf[field])} is not null) as ${sql.ref(field)}`,
      ),
    )}
    from ${stretches}
    cross join lateral (
      select * from solark.telemetry
      where plant_id = stretch.plant_id
        and timestamp between stretch.since - ${gap} and stretch.until + ${gap}
      offset 0
    ) as reading`.execute(transaction)
  const [found] = rows
  const measured = numberFields.filter((field) => found?.[field] === true)
  return measured.length > 0 ? measured : ['soc']
}
