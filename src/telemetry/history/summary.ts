import { isSigned, type Quantity } from './quantity.ts'
import { type Part, type SummaryRow, summaryColumn } from './summary-columns.ts'

/** What the readings of a plant say of a stretch of time; those of adjacent stretches add up. */
export interface Summary {
  /** Readings measured within it. */
  samples: number
  /** Microseconds of it between neighbouring readings that are at most the gap limit apart. */
  covered: number
  /** Only the quantities that were asked for; one that was not measured has no extremes. */
  of: Partial<Record<Quantity, Course>>
}

/** The course of one quantity over a stretch of time: of the line through its readings. */
export interface Course {
  /** Microseconds that the line covers. */
  covered: number
  /** Of the line, in its unit times seconds: W s for a power. */
  integral: number
  /** Of the part of the line above zero, where the quantity flows both ways; else as `integral`. */
  positive: number
  /** Of the line, and of readings with no neighbour within the gap limit. null: there is neither. */
  min: number | null
  max: number | null
  /** Time-weighted; where nothing is covered the plain mean of the readings, null where there is none. */
  mean: number | null
}

/** Adds up what adjacent stretches of time have: tiles, and what was integrated between them. */
export function sumUp(rows: readonly SummaryRow[], quantities: readonly Quantity[]): Summary {
  const summary: Summary = { samples: 0, covered: 0, of: {} }
  for (const { samples, covered } of rows) {
    summary.samples += samples
    summary.covered += covered
  }
  for (const quantity of quantities) summary.of[quantity] = courseOf(rows, quantity)
  return summary
}

function courseOf(rows: readonly SummaryRow[], quantity: Quantity): Course {
  const add = (part: Part) => {
    const column = summaryColumn(quantity, part)
    return rows.reduce((sum, row) => sum + (row[column] ?? 0), 0)
  }
  const extreme = (part: 'min' | 'max', choose: (...values: number[]) => number) => {
    const column = summaryColumn(quantity, part)
    const values = rows.map((row) => row[column]).filter((value) => typeof value === 'number')
    return values.length === 0 ? null : choose(...values)
  }
  const covered = add('covered')
  const integral = add('integral')
  const count = add('count')
  return {
    covered,
    integral,
    positive: isSigned(quantity) ? add('positive') : integral,
    min: extreme('min', Math.min),
    max: extreme('max', Math.max),
    mean: covered > 0 ? integral / (covered / 1e6) : count > 0 ? add('sum') / count : null,
  }
}
