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
