import { type RawBuilder, sql } from 'kysely'
import { columnOf, isSigned, type Quantity } from './quantity.ts'

const parts = ['covered', 'integral', 'positive', 'min', 'max', 'sum', 'count'] as const

export type Part = (typeof parts)[number]

/**
 * What may be wanted beside the means of the quantities: their least and greatest values, their two signs apart, and how
 * many readings there are and how much of the time they cover.
 */
export const aspects = ['extremes', 'signs', 'samples'] as const

export type Aspect = (typeof aspects)[number]

/** Which parts of which quantities a summary has. */
export interface Wanted {
  quantities: readonly Quantity[]
  aspects: readonly Aspect[]
}

function partsOf(quantity: Quantity, aspects: readonly Aspect[]): readonly Part[] {
  return parts.filter((part) => {
    if (part === 'min' || part === 'max') return aspects.includes('extremes')
    if (part === 'positive') return isSigned(quantity) && aspects.includes('signs')
    return true
  })
}

/**
 * The column in which a part of a quantity's course is kept: `covered` in microseconds, `integral` and `positive`
 * in its unit times seconds, the latter only where it flows both ways; `sum` and `count` of the readings only
 * where nothing is covered, since nobody needs them elsewhere.
 */
export function summaryColumn(quantity: Quantity, part: Part): SummaryColumn {
  return `${columnOf[quantity]}_${part}`
}

/** The column of solark.rollup_day that has a quantity's `covered` and `integral`, or `count` and `sum`, hour by hour. */
export function hoursColumn(quantity: Quantity): `${(typeof columnOf)[Quantity]}_hours` {
  return `${columnOf[quantity]}_hours`
}

export type SummaryColumn = `${(typeof columnOf)[Quantity]}_${Part}`

/** A summary as a row, of the quantities that were asked for. */
export type SummaryRow = { samples: number; covered: number } & Partial<
  Record<SummaryColumn, number | null>
>

/** The columns of what is wanted, each with the quantity and the part of it. */
export function columnsOf({
  quantities,
  aspects,
}: Wanted): { quantity: Quantity; part: Part; column: SummaryColumn }[] {
  return quantities.flatMap((quantity) =>
    partsOf(quantity, aspects).map((part) => ({
      quantity,
      part,
      column: summaryColumn(quantity, part),
    })),
  )
}

/** What several rows of summaries come to together, in an aggregate. */
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
