import { type RawBuilder, sql } from 'kysely'
import { formatInstant, type Instant } from '../database/instant.ts'

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
