import { isSigned, type Quantity } from './quantity.ts'
import {
  type Part,
  type SummaryColumn,
  type SummaryRow,
  summaryColumn,
  type Wanted,
} from './summary-columns.ts'

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
  /** Of the part of the line above zero, where the quantity flows both ways and that was asked for; else as `integral`. */
  positive: number
  /** Of the line, and of readings with no neighbour within the gap limit. null: neither is there, or not asked for. */
  min: number | null
  max: number | null
  /** Time-weighted; where nothing is covered the plain mean of the readings, null where there is none. */
  mean: number | null
}

/** Adds up what adjacent stretches of time have: tiles, and what was integrated between them. */
export function sumUp(rows: readonly SummaryRow[], wanted: Wanted): Summary {
  const summary: Summary = { samples: 0, covered: 0, of: {} }
  for (const { samples, covered } of rows) {
    summary.samples += samples
    summary.covered += covered
  }
  const signs = wanted.aspects.includes('signs')
  for (const quantity of wanted.quantities) summary.of[quantity] = courseOf(rows, quantity, signs)
  return summary
}

const namesOf = (quantity: Quantity): Record<Part, SummaryColumn> => ({
  covered: summaryColumn(quantity, 'covered'),
  integral: summaryColumn(quantity, 'integral'),
  positive: summaryColumn(quantity, isSigned(quantity) ? 'positive' : 'integral'),
  min: summaryColumn(quantity, 'min'),
  max: summaryColumn(quantity, 'max'),
  sum: summaryColumn(quantity, 'sum'),
  count: summaryColumn(quantity, 'count'),
})

const columns: Readonly<Record<Quantity, Record<Part, SummaryColumn>>> = {
  soc: namesOf('soc'),
  pvPower: namesOf('pvPower'),
  loadPower: namesOf('loadPower'),
  batteryPower: namesOf('batteryPower'),
  gridPower: namesOf('gridPower'),
  batteryVoltage: namesOf('batteryVoltage'),
}

/** In one loop with no closure: a chart has thousands of these. */
function courseOf(rows: readonly SummaryRow[], quantity: Quantity, signs: boolean): Course {
  const names = columns[quantity]
  const course: Course = { covered: 0, integral: 0, positive: 0, min: null, max: null, mean: null }
  let sum = 0
  let count = 0
  for (const row of rows) {
    course.covered += row[names.covered] ?? 0
    course.integral += row[names.integral] ?? 0
    course.positive += row[signs ? names.positive : names.integral] ?? 0
    sum += row[names.sum] ?? 0
    count += row[names.count] ?? 0
    const min = row[names.min]
    if (min != null && (course.min === null || min < course.min)) course.min = min
    const max = row[names.max]
    if (max != null && (course.max === null || max > course.max)) course.max = max
  }
  if (course.covered > 0) course.mean = course.integral / (course.covered / 1e6)
  else if (count > 0) course.mean = sum / count
  return course
}
