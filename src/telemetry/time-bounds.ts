import { type RawBuilder, sql } from 'kysely'
import { formatInstant, type Instant } from '../database/instant.ts'
import { Fault } from '../fault.ts'

/** Throws INVALID_RANGE if both bounds are given and `from` is after `to`. */
export function requireForwardRange(from: Instant | undefined, to: Instant | undefined): void {
  if (from === undefined || to === undefined || from <= to) return
  throw new Fault(
    'INVALID_RANGE',
    `Expected from to be before to; got ${formatInstant(from)} to ${formatInstant(to)}`,
    { path: ['from'] },
  )
}

/** The first and the last time of some readings, both inclusive. */
export interface TimeBounds {
  earliest: Instant
  latest: Instant
}

/** Returns bounds that contain no time if there are no readings. */
export function boundsOf(readings: Iterable<{ timestamp: Instant }>): TimeBounds {
  let earliest = Number.POSITIVE_INFINITY
  let latest = Number.NEGATIVE_INFINITY
  for (const { timestamp } of readings) {
    if (timestamp < earliest) earliest = timestamp
    if (timestamp > latest) latest = timestamp
  }
  return { earliest, latest }
}

/** Uses literals instead of parameters or joins, so that the planner excludes every chunk outside the bounds. */
export function isWithin(
  time: RawBuilder<unknown>,
  { earliest, latest }: TimeBounds,
): RawBuilder<boolean> {
  return sql`${time} between ${sql.lit(formatInstant(earliest))} and ${sql.lit(formatInstant(latest))}`
}
