import { type RawBuilder, sql } from 'kysely'
import { columnOf, isSigned, type NumberField } from '../../quantities.ts'

/** What the readings of a plant say about a time range. */
export interface Summary {
  /** Readings measured within it; 0 if `samples` were not requested. */
  samples: number
  /**
   * Microseconds between neighbouring readings that are at most the gap limit apart; 0 if `samples` were not
   * requested.
   */
  covered: number
  /** Only the requested quantities. One that was not measured has no extremes. */
  of: Partial<Record<NumberField, QuantitySummary>>
}

/** One quantity over a time range, by the line through its readings. */
export interface QuantitySummary {
  /** Microseconds that the line covers. */
  covered: number
  /** Of the line, in its unit times seconds: W s for a power. Of its part above zero if the power flows one way. */
  integral: number
  /**
   * Of the part of the line above zero, if the quantity flows both ways and `signs` were requested; otherwise the same
   * as `integral`.
   */
  positive: number
  /**
   * Of the line, and of readings without a neighbour within the gap limit. null: there is neither, or it was not
   * requested.
   */
  min: number | null
  max: number | null
  /** Time-weighted. If nothing is covered, the plain mean of the readings; null if there are none. */
  mean: number | null
}

const parts = ['covered', 'integral', 'positive', 'min', 'max', 'sum', 'count'] as const

export type Part = (typeof parts)[number]

/**
 * What may be wanted besides the means: the extremes, the two signs of a quantity separately, and the number of
 * readings and how much time they cover.
 */
export const aspects = ['extremes', 'signs', 'samples'] as const

export type Aspect = (typeof aspects)[number]

/** Which parts of which quantities a summary has. */
export interface Wanted {
  quantities: readonly NumberField[]
  aspects: readonly Aspect[]
}

function partsOf(quantity: NumberField, aspects: readonly Aspect[]): readonly Part[] {
  return parts.filter((part) => {
    if (part === 'min' || part === 'max') return aspects.includes('extremes')
    if (part === 'positive') return isSigned(quantity) && aspects.includes('signs')
    return true
  })
}

/**
 * The column of a part of a quantity: `covered` in microseconds, `integral` and `positive` in its unit times seconds.
 * `positive` exists only for quantities that flow both ways. `sum` and `count` of the readings have a value only if
 * nothing is covered, because otherwise nobody needs them.
 */
export function summaryColumn(quantity: NumberField, part: Part): SummaryColumn {
  return `${columnOf[quantity]}_${part}`
}

export type SummaryColumn = `${(typeof columnOf)[NumberField]}_${Part}`

/** A summary as a row, of the requested quantities. */
export type SummaryRow = { samples: number; covered: number } & Partial<
  Record<SummaryColumn, number | null>
>

/** The columns of what is wanted, each with its quantity and part. */
export function columnsOf({
  quantities,
  aspects,
}: Wanted): { quantity: NumberField; part: Part; column: SummaryColumn }[] {
  return quantities.flatMap((quantity) =>
    partsOf(quantity, aspects).map((part) => ({
      quantity,
      part,
      column: summaryColumn(quantity, part),
    })),
  )
}

/**
 * The tiles of a table with the columns of what is wanted, as a subquery. Mostly the same readings measure all
 * quantities. So what a quantity covers is stored only if it differs from the tile's `covered`, which saves a quarter
 * of a tile.
 */
export function storedTiles(table: string, wanted: Wanted): RawBuilder<unknown> {
  const columns = columnsOf(wanted).map(({ quantity, part, column }) =>
    part === 'covered' ? sql`${storedCovered(quantity)} as ${sql.ref(column)}` : sql.ref(column),
  )
  const names = ['ctid', 'plant_id', 'start', 'samples', 'covered'].map((name) => sql.ref(name))
  return sql`(select ${sql.join([...names, ...columns])} from ${sql.table(table)})`
}

function storedCovered(quantity: NumberField): RawBuilder<number> {
  const own = sql.ref(summaryColumn(quantity, 'covered'))
  return sql`case when ${sql.ref(summaryColumn(quantity, 'integral'))} is null then 0 else coalesce(${own}, covered) end`
}

/** What is stored of a part of a quantity, from a row with all columns. */
export function toStore(row: string, quantity: NumberField, part: Part): RawBuilder<unknown> {
  const column = sql.ref(`${row}.${summaryColumn(quantity, part)}`)
  if (part !== 'covered') return column
  const integral = sql.ref(`${row}.${summaryColumn(quantity, 'integral')}`)
  return sql`case when ${integral} is not null and ${column} <> ${sql.ref(`${row}.covered`)} then ${column} end`
}

/** Merges several rows of summaries into one, as aggregates. */
export function mergedColumns(wanted: Wanted): RawBuilder<unknown> {
  return sql.join([
    sql`sum(samples)::integer as samples`,
    sql`sum(covered)::bigint as covered`,
    ...columnsOf(wanted).map(({ part, column }) => {
      const name = sql.ref(column)
      return sql`${merged[part](name)} as ${name}`
    }),
  ])
}

const merged: Record<Part, (column: RawBuilder<unknown>) => RawBuilder<unknown>> = {
  covered: (column) => sql`sum(${column})::bigint`,
  integral: (column) => sql`sum(${column})`,
  positive: (column) => sql`sum(${column})`,
  min: (column) => sql`min(${column})`,
  max: (column) => sql`max(${column})`,
  sum: (column) => sql`sum(${column})`,
  count: (column) => sql`sum(${column})::integer`,
}
