import { type RawBuilder, sql } from 'kysely'
import { columnOf, isSigned, type Quantity } from './quantity.ts'

const parts = ['covered', 'integral', 'positive', 'min', 'max', 'sum', 'count'] as const

export type Part = (typeof parts)[number]

export function partsOf(quantity: Quantity): readonly Part[] {
  return isSigned(quantity) ? parts : parts.filter((part) => part !== 'positive')
}

/**
 * The column in which a part of a quantity's course is kept: `covered` in microseconds, `integral` and `positive`
 * in its unit times seconds, the latter only where it flows both ways; `sum` and `count` of the readings only
 * where nothing is covered, since nobody needs them elsewhere.
 */
export function summaryColumn(quantity: Quantity, part: Part): SummaryColumn {
  return `${columnOf[quantity]}_${part}`
}

export type SummaryColumn = `${(typeof columnOf)[Quantity]}_${Part}`

/** A summary as a row, of the quantities that were asked for. */
export type SummaryRow = { samples: number; covered: number } & Partial<
  Record<SummaryColumn, number | null>
>

/** The columns of the quantities, as they are kept. */
export function partColumns(quantities: readonly Quantity[]): RawBuilder<unknown> {
  return sql.join(columnsOf(quantities).map((column) => sql.ref(column)))
}

/** What several rows of summaries come to together, in an aggregate. */
export function mergedColumns(quantities: readonly Quantity[]): RawBuilder<unknown> {
  return sql.join([
    sql`sum(samples)::integer as samples`,
    sql`sum(covered)::bigint as covered`,
    ...columnsOf(quantities).map((column) => {
      const name = sql.ref(column)
      if (column.endsWith('_min')) return sql`min(${name}) as ${name}`
      if (column.endsWith('_max')) return sql`max(${name}) as ${name}`
      if (column.endsWith('_covered')) return sql`sum(${name})::bigint as ${name}`
      if (column.endsWith('_count')) return sql`sum(${name})::integer as ${name}`
      return sql`sum(${name}) as ${name}`
    }),
  ])
}

function columnsOf(quantities: readonly Quantity[]): SummaryColumn[] {
  return quantities.flatMap((quantity) =>
    partsOf(quantity).map((part) => summaryColumn(quantity, part)),
  )
}
