import type { WidthName } from './bucket-edges.ts'
import { type ClockRange, countBuckets, edgesOf } from './bucket-edges.ts'
import { MOST_POINTS } from './span.ts'
import { HOUR, layTiles, lengthOf, QUARTER } from './tiling.ts'

/** What a request in buckets makes the database read, as far as the request alone tells. */
export interface ExpectedReads {
  /** Buckets in the result. */
  points: number
  /** Rows of the rollups, for at most ten years: few plants are older. */
  tiles: number
  /** Time ranges in which the readings themselves are read. */
  stretches: number
  /** Readings in and around those ranges, assuming one a minute. */
  readings: number
}

export const NOTHING: ExpectedReads = { points: 0, tiles: 0, stretches: 0, readings: 0 }

const TEN_YEARS = 10 * 366 * 24 * HOUR
const MINUTE = 60_000_000
/** The default of MAX_GAP: neighbours are looked for this far on both sides of a range. */
const GAP = 20 * MINUTE

/** Returns nothing if there are so many buckets that the request will be refused. */
export function expectedReads(cut: ClockRange, width: WidthName): ExpectedReads {
  const points = countBuckets(cut, width)
  if (points > 2 * MOST_POINTS) return NOTHING
  const { hours, quarters, rest } = layTiles(edgesOf(cut, width), [])
  return {
    points,
    tiles: Math.min(lengthOf(hours), TEN_YEARS) / HOUR + lengthOf(quarters) / QUARTER,
    stretches: rest.length,
    readings: (lengthOf(rest) + rest.length * 2 * GAP) / MINUTE,
  }
}
