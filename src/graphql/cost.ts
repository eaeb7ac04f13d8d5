import type { ExpectedReads } from '../telemetry/history/expected-reads.ts'

/**
 * What parts of the work cost, in the units of src/http/operations/operation-cost.ts: 2 µs of this process, or 15 µs of
 * PostgreSQL. As `npm run bench -- dearest` finds them.
 */

/** A short statement, with its way there and back: 0.3 ms in each process. */
export const STATEMENT = 150

/** A reading, or a plant with its newest, that a statement brings: to parse its 17 columns. */
export const ROW = 6

/** A plant that is looked up for a reading, together with others. */
export const LOOKUP = 5

/** A field below a point: two of three take no promise and no text. */
const POINT_SHARE = 0.5
/** A row of the rollups, added up by PostgreSQL. */
const TILE = 0.15
/** A reading that PostgreSQL integrates, of one quantity up to six. */
const READING = 0.4
/** A stretch of readings of its own. */
const STRETCH = 7
/** What reading readings takes beside them: a transaction, what was changed, and 8 ms to plan the integral. */
const SNAPSHOT = 1000

/** A page of so many readings, and whether there are more on its far side. */
export function pageCost(rows: number): { field: number; multiplier: number } {
  const size = Math.max(1, rows)
  return { field: 2 * STATEMENT + ROW * size, multiplier: size }
}

/**
 * An event of so many readings. It comes again and again, and nobody's turn is waited for: so what is asked for below a
 * reading may cost a thousand units at most, since an operation has 65,000.
 */
export function eventCost(readings: number): { field: number; multiplier: number } {
  return { field: 1, multiplier: Math.max(65, readings) }
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
