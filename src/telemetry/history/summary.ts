import { isSigned, type Quantity } from './quantity.ts'
import { type Part, type SummaryColumn, type SummaryRow, summaryColumn } from './summary-columns.ts'

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
  const columns = columnsOf[quantity]
  let [covered, integral, positive, sum, count] = [0, 0, 0, 0, 0]
  let min: number | null = null
  let max: number | null = null
  for (const row of rows) {
    covered += row[columns.covered] ?? 0
    integral += row[columns.integral] ?? 0
    positive += row[columns.positive] ?? 0
    sum += row[columns.sum] ?? 0
    count += row[columns.count] ?? 0
    const [low, high] = [row[columns.min] ?? null, row[columns.max] ?? null]
    if (low !== null && (min === null || low < min)) min = low
    if (high !== null && (max === null || high > max)) max = high
  }
  return {
    covered,
    integral,
    positive: isSigned(quantity) ? positive : integral,
    min,
    max,
    mean: covered > 0 ? integral / (covered / 1e6) : count > 0 ? sum / count : null,
  }
}

/** Put together once: to do so for each of thousands of rows would take longer than to add them up. */
const columnsOf = {
  soc: columns('soc'),
  pvPower: columns('pvPower'),
  loadPower: columns('loadPower'),
  batteryPower: columns('batteryPower'),
  gridPower: columns('gridPower'),
  batteryVoltage: columns('batteryVoltage'),
} satisfies Record<Quantity, Record<Part, SummaryColumn>>

function columns(quantity: Quantity): Record<Part, SummaryColumn> {
  return {
    covered: summaryColumn(quantity, 'covered'),
    integral: summaryColumn(quantity, 'integral'),
    positive: summaryColumn(quantity, 'positive'),
    min: summaryColumn(quantity, 'min'),
    max: summaryColumn(quantity, 'max'),
    sum: summaryColumn(quantity, 'sum'),
    count: summaryColumn(quantity, 'count'),
  }
}
