import type { ExpectedReads } from '../telemetry/history/expected-reads.ts'

/**
 * The cost of parts of an operation, in the units of src/http/operations/operation-cost.ts: 2 µs of this process, or
 * 15 µs of PostgreSQL. Measured by `npm run bench -- dearest`.
 */

/** A short statement and its round trip: 0.3 ms in each process. */
export const STATEMENT = 150

/** Parsing the 20 columns of a row that a statement returns: a reading, or a plant with its newest reading. */
export const ROW = 6

/** A plant that is looked up for a reading, batched with others. */
export const LOOKUP = 5

/** What seven counters of a plant say of a point: two index lookups each, 8 µs. POINT_SHARE of it counts. */
export const METER_READ = 16

/** A field of a point: two of three need neither a promise nor text. */
const POINT_SHARE = 0.5
/** A row of the rollups that PostgreSQL adds up. */
const TILE = 0.15
/** A reading that PostgreSQL integrates, for one to six quantities. */
const READING = 0.4
/** A separate time range of readings. */
const STRETCH = 7
/** The fixed cost of using readings: a transaction, reading the notes, and 8 ms to plan the integral. */
const SNAPSHOT = 1000

/** A time with a constant rate, of which costs are made: 6 µs for its tiles, and exact arithmetic. */
const RATE = 3
/** Of a tariff by the time of use. */
const RATES_PER_HOUR = 6 / 24

/** A page of `rows` readings, and the query whether there are more on the other side. */
export function pageCost(rows: number): { field: number; multiplier: number } {
  const size = Math.max(1, rows)
  return { field: 2 * STATEMENT + ROW * size, multiplier: size }
}

/**
 * An event of `readings` readings. Events recur and wait for no turn. So the fields of a reading may cost at most a
 * thousand units, given the limit of 65,000 for an operation.
 */
export function eventCost(readings: number): { field: number; multiplier: number } {
  return { field: 1, multiplier: Math.max(65, readings) }
}

/**
 * A list of costs of periods. Assumes that the rates change six times a day. RateAllowance counts how often they do.
 */
export function costsCost(reads: ExpectedReads): { field: number; multiplier: number } {
  const { field, multiplier } = pointsCost(reads)
  return { field: field + 3 * STATEMENT + RATE * RATES_PER_HOUR * reads.tiles, multiplier }
}

/** A quarter of an hour that this process computes by itself: its tile, and three quantities. */
const QUARTER = 1.5

/** A list that is made of so many quarters of an hour. */
export function quartersCost(
  quarters: number,
  points: number,
): { field: number; multiplier: number } {
  return {
    field: 2 * STATEMENT + QUARTER * quarters,
    multiplier: POINT_SHARE * Math.max(1, points),
  }
}

/** A list of points. */
export function pointsCost(reads: ExpectedReads): { field: number; multiplier: number } {
  const { points, tiles, stretches, readings } = reads
  const raw = stretches === 0 ? 0 : SNAPSHOT + STRETCH * stretches + READING * readings
  return {
    field: 2 * STATEMENT + TILE * tiles + raw,
    multiplier: POINT_SHARE * Math.max(1, points),
  }
}
