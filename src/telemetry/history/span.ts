import { formatInstant, type Instant } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import { requireForwardRange } from '../time-bounds.ts'
import { EARLIEST, LATEST } from '../time-zone.ts'
import {
  type ClockRange,
  countBuckets,
  smallestWidth,
  type WidthName,
  widthNames,
} from './bucket-edges.ts'

/** The largest number of buckets or periods in one result. */
export const MOST_POINTS = 2000

/** Whether points are counted exactly, or roughly: UTC stands in for a zone that is not known yet. */
export interface Precision {
  roughly: boolean
}

/** Whether `requireSpan` accepts it. */
export function isSpan(from: Instant, to: Instant): boolean {
  return from >= EARLIEST && from <= to && to <= LATEST
}

/** Throws `INVALID_RANGE` if `from` is after `to`, and `BAD_USER_INPUT` if one is outside the supported years. */
export function requireSpan(from: Instant, to: Instant): void {
  for (const [argument, instant] of Object.entries({ from, to })) {
    if (instant >= EARLIEST && instant <= LATEST) continue
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected ${argument} to be a time from 1900 to 2254; got ${formatInstant(instant)}`,
      { path: [argument] },
    )
  }
  requireForwardRange(from, to)
}

/**
 * Throws `TOO_MANY_POINTS` if the width makes more than `MOST_POINTS`. `offered` lists widths, the smallest first,
 * with the names that the caller knows. The message names the first one that would do.
 */
export function requireFewPoints(
  cut: ClockRange,
  width: WidthName,
  offered: ReadonlyMap<WidthName, string>,
  precision: Precision,
): void {
  const count = countBuckets(cut, width)
  if (isWithin(count, MOST_POINTS, precision)) return
  const fitting = offered.keys().find((wider) => countBuckets(cut, wider) <= MOST_POINTS)
  const [asked, cure] = [offered.get(width), fitting && offered.get(fitting)]
  throw new Fault(
    'TOO_MANY_POINTS',
    `Expected at most ${MOST_POINTS} points; ${asked} gives ${count}: ask for ${cure} or more, or for less time`,
    { path: ['from'] },
  )
}

/**
 * Returns the smallest width that makes at most `maxPoints` points. Throws `TOO_MANY_POINTS` if even years make more.
 */
export function fittingWidth(cut: ClockRange, maxPoints: number, precision: Precision): WidthName {
  const width = smallestWidth(cut, maxPoints)
  if (width !== undefined) return width
  const widest = widthNames.at(-1) ?? 'P1Y'
  const count = countBuckets(cut, widest)
  if (isWithin(count, maxPoints, precision)) return widest
  throw new Fault(
    'TOO_MANY_POINTS',
    `Expected a range of at most ${maxPoints} points; ${widest} gives ${count}: ask for maxPoints: ${count} or more, or for less time`,
    { path: ['maxPoints'] },
  )
}

/** The clock of a zone changes the count by at most a tenth. */
function isWithin(count: number, most: number, { roughly }: Precision): boolean {
  return count <= (roughly ? most * 1.1 + 2 : most)
}
