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
} from './buckets.ts'

/** Buckets or periods in one answer. */
export const MOST_POINTS = 2000

/** How exactly points are counted: roughly while the zone is not known, where UTC stands in for it. */
export interface Precision {
  roughly: boolean
}

/** Whether `requireSpan` takes it. */
export function isSpan(from: Instant, to: Instant): boolean {
  return from >= EARLIEST && from <= to && to <= LATEST
}

/** Throws `INVALID_RANGE` where from is after to, `BAD_USER_INPUT` where one is out of the years that can be asked for. */
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
 * Throws `TOO_MANY_POINTS` where the width makes more than `MOST_POINTS`. `offered`: widths from the smallest on under the
 * names that the caller knows, of which the message tells the first that would do.
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

/** The smallest width that keeps within so many points. Throws `TOO_MANY_POINTS` where even years are more. */
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

/** No zone's clock makes more than a tenth of a difference. */
function isWithin(count: number, most: number, { roughly }: Precision): boolean {
  return count <= (roughly ? most * 1.1 + 2 : most)
}
