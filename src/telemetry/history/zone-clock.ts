import type { Instant } from '../../database/instant.ts'
/** Microseconds since 1970-01-01T00:00 that a clock on the wall shows, as if it were in UTC. */
export type WallTime = number

/** What is asked for lies from here to just before `LATEST`, so that an instant is exact in any zone. */
export const EARLIEST: Instant = Date.UTC(1900, 0, 1) * 1000
export const LATEST: Instant = Date.UTC(2255, 0, 1) * 1000

/** Beyond which no clock is asked: a zone may be a day away from UTC, and days end after their last instant. */
const MARGIN = 30 * 86_400_000_000

/** From one change of a zone's clock to just before the next. */
export interface OffsetPeriod {
  readonly start: Instant
  readonly end: Instant
  /** Microseconds that the clock is ahead of UTC. */
  readonly offset: number
  /**
   * What the clock would have shown at the start but for the change: it has not shown this yet, because no zone ever
   * changed its clock again while that repeated itself.
   */
  readonly expected: WallTime
}

/** The clock of a time zone from 1900 to 2254. */
export interface ZoneClock {
  /** In order, those that touch the time from `from` to `to`. */
  offsetPeriods(from: Instant, to: Instant): readonly OffsetPeriod[]
  /** What the clock shows. */
  read(instant: Instant): WallTime
  /** The first instant at which the clock shows this time or a later one. */
  reach(wall: WallTime): Instant
}

const clocks = new Map<string, ZoneClock>()

/**
 * The clock of a zone by its IANA name in its usual spelling, of which there are some 600. The first question about a
 * zone takes up to three milliseconds: Temporal's arithmetic would take more than that for each chart.
 */
export function zoneClock(timeZone: string): ZoneClock {
  return clocks.getOrInsertComputed(timeZone, () => clockOf(readOffsetPeriods(timeZone)))
}

function clockOf(all: readonly OffsetPeriod[]): ZoneClock {
  const indexAt = (instant: Instant) => {
    let [low, high] = [0, all.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((all[middle]?.start ?? 0) <= instant) low = middle
      else high = middle - 1
    }
    return low
  }
  return {
    offsetPeriods: (from, to) => all.slice(indexAt(from), indexAt(to) + 1),
    read: (instant) => instant + (all[indexAt(instant)]?.offset ?? 0),
    reach: (wall) => {
      const period = all.find(({ end, offset }) => wall < end + offset)
      return period === undefined ? wall : Math.max(period.start, wall - period.offset)
    },
  }
}

function readOffsetPeriods(timeZone: string): OffsetPeriod[] {
  const offsetPeriods: OffsetPeriod[] = []
  let at = new Temporal.ZonedDateTime(BigInt(EARLIEST - MARGIN) * 1000n, timeZone)
  let start = EARLIEST - MARGIN
  let expected = start + offsetOf(at)
  while (start < LATEST + MARGIN) {
    const next = at.getTimeZoneTransition('next')
    const end = Math.min(next === null ? Infinity : instantOf(next), LATEST + MARGIN)
    const offset = offsetOf(at)
    offsetPeriods.push({ start, end, offset, expected })
    expected = end + offset
    start = end
    at = next ?? at
  }
  return offsetPeriods
}

function instantOf(time: Temporal.ZonedDateTime): Instant {
  return Number(time.epochNanoseconds / 1000n)
}

function offsetOf(time: Temporal.ZonedDateTime): number {
  return time.offsetNanoseconds / 1000
}
