import { type RawBuilder, sql } from 'kysely'
import { formatInstant, type Instant } from '../database/instant.ts'
import { Fault } from '../fault.ts'

/** Throws INVALID_RANGE where both ends are given and `from` is after `to`. */
export function requireForwardRange(from: Instant | undefined, to: Instant | undefined): void {
  if (from === undefined || to === undefined || from <= to) return
  throw new Fault(
    'INVALID_RANGE',
    `Expected from to be before to; got ${formatInstant(from)} to ${formatInstant(to)}`,
    { path: ['from'] },
  )
}

/** The first and the last time of some readings, both included. */
export interface TimeBounds {
  earliest: Instant
  latest: Instant
}

/** Of no reading at all, the bounds hold no time. */
export function boundsOf(readings: Iterable<{ timestamp: Instant }>): TimeBounds {
  let earliest = Number.POSITIVE_INFINITY
  let latest = Number.NEGATIVE_INFINITY
  for (const { timestamp } of readings) {
    if (timestamp < earliest) earliest = timestamp
    if (timestamp > latest) latest = timestamp
  }
  return { earliest, latest }
}

/** Literals rather than parameters or joins, so that the planner leaves out every chunk of a hypertable beyond them. */
export function isWithin(
  time: RawBuilder<unknown>,
  { earliest, latest }: TimeBounds,
): RawBuilder<boolean> {
  return sql`${time} between ${sql.lit(formatInstant(earliest))} and ${sql.lit(formatInstant(latest))}`
}
