import type { Instant } from '../database/instant.ts'

/** Microseconds since 1970-01-01T00:00 that a clock on the wall shows, as if it were in UTC. */
export type WallTime = number

/** History can be asked from here to just before `LATEST`, so that an instant is exact in any zone. */
export const EARLIEST: Instant = Date.UTC(1900, 0, 1) * 1000
export const LATEST: Instant = Date.UTC(2255, 0, 1) * 1000

/** How far beyond them a clock is known: a zone may be a day away from UTC, and days end after their last instant. */
const MARGIN = 30 * 86_400_000_000
/** No zone is further from UTC, also while it moves over the date line. */
const FARTHEST_FROM_UTC = 36 * 3_600_000_000

/** From one change of a zone's clock to just before the next. */
export interface OffsetPeriod {
  readonly start: Instant
  readonly end: Instant
  /** Microseconds that the clock is ahead of UTC. */
  readonly offset: number
  /**
   * What the clock would have shown at the start but for the change. It has not shown this before, because no zone
   * ever changed its clock again while an hour repeated.
   */
  readonly expected: WallTime
}

/** The instants that a time on the wall can mean. */
export interface WallReading {
  /** `skipped`: the clock was put forward over this time; `later` is the time as far after the jump. */
  readonly kind: 'once' | 'repeated' | 'skipped'
  readonly earlier: Instant
  readonly later: Instant
}

/** The clock of a time zone from 1900 to 2254. */
export interface ZoneClock {
  /** In order, those that touch the time from `from` to `to`. */
  offsetPeriods(from: Instant, to: Instant): readonly OffsetPeriod[]
  /** Microseconds that the clock is ahead of UTC. */
  offsetAt(instant: Instant): number
  /** What the clock shows. */
  read(instant: Instant): WallTime
  /** The first instant at which the clock shows this time or a later one. */
  reach(wall: WallTime): Instant
  /** When the clock shows this time. Quick if the times that are asked for lie near each other. */
  instantsOf(wall: WallTime): WallReading
}

/**
 * Returns the IANA name of a time zone in its canonical case; undefined if there is no such zone. An offset is not a
 * zone: plants need the rules of a zone, and PostgreSQL reads the sign of an offset the other way round.
 */
export function parseTimeZone(text: string): string | undefined {
  try {
    const { timeZoneId } = new Temporal.ZonedDateTime(0n, text)
    return /^[+-]/.test(timeZoneId) ? undefined : timeZoneId
  } catch {
    return undefined
  }
}

const clocks = new Map<string, ZoneClock>()

/**
 * The clock of a zone by its IANA name in its usual spelling, of which there are some 600. The first use of a zone
 * takes up to three milliseconds: Temporal's arithmetic would take more than that for each chart.
 */
export function zoneClock(timeZone: string): ZoneClock {
  return clocks.getOrInsertComputed(timeZone, () => clockOf(readPeriods(timeZone)))
}

function clockOf(all: readonly OffsetPeriod[]): ZoneClock {
  /** The times on the wall from `from` to just before `to` have one reading only, at this offset. */
  let known = { from: Infinity, to: -Infinity, offset: 0 }
  let last = 0

  const indexAt = (instant: Instant): number => {
    const period = all[last]
    if (period !== undefined && instant >= period.start && instant < period.end) return last
    let [low, high] = [0, all.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((all[middle]?.start ?? 0) <= instant) low = middle
      else high = middle - 1
    }
    last = low
    return low
  }
  const offsetPeriods = (from: Instant, to: Instant) => all.slice(indexAt(from), indexAt(to) + 1)
  const offsetAt = (instant: Instant): number => all[indexAt(instant)]?.offset ?? 0

  const onlyReadingsAt = (instant: Instant): typeof known => {
    const index = indexAt(instant)
    const { start = 0, end = 0, offset = 0 } = all[index] ?? {}
    const [before, after] = [all[index - 1], all[index + 1]]
    return {
      from: before === undefined ? -Infinity : start + Math.max(before.offset, offset),
      to: after === undefined ? Infinity : end + Math.min(offset, after.offset),
      offset,
    }
  }
  return {
    offsetPeriods,
    offsetAt,
    read: (instant) => instant + offsetAt(instant),
    reach: (wall) => {
      const period = all.find(({ end, offset }) => wall < end + offset)
      return period === undefined ? wall : Math.max(period.start, wall - period.offset)
    },
    instantsOf: (wall) => {
      if (wall >= known.from && wall < known.to) return once(wall - known.offset)
      const around = offsetPeriods(wall - FARTHEST_FROM_UTC, wall + FARTHEST_FROM_UTC)
      const instants = around
        .filter(({ start, offset }) => start <= wall - offset || start === all[0]?.start)
        .filter(({ end, offset }) => wall - offset < end || end === all.at(-1)?.end)
        .map(({ offset }) => wall - offset)
      const [earlier, later = earlier] = [instants[0], instants.at(-1)]
      if (earlier === undefined || later === undefined) return skippedReading(around, wall)
      if (earlier !== later) return { kind: 'repeated', earlier, later }
      known = onlyReadingsAt(earlier)
      return once(earlier)
    },
  }
}

function once(instant: Instant): WallReading {
  return { kind: 'once', earlier: instant, later: instant }
}

/** As Temporal takes it: `earlier` by the clock after the jump, `later` by the clock before it. */
function skippedReading(around: readonly OffsetPeriod[], wall: WallTime): WallReading {
  const after = around.findIndex(({ start, offset }) => wall < start + offset)
  return {
    kind: 'skipped',
    earlier: wall - (around[after]?.offset ?? 0),
    later: wall - (around[after - 1]?.offset ?? 0),
  }
}

function readPeriods(timeZone: string): OffsetPeriod[] {
  const periods: OffsetPeriod[] = []
  let at = new Temporal.ZonedDateTime(BigInt(EARLIEST - MARGIN) * 1000n, timeZone)
  let start = EARLIEST - MARGIN
  let expected = start + offsetOf(at)
  while (start < LATEST + MARGIN) {
    const next = at.getTimeZoneTransition('next')
    const end = Math.min(next === null ? Infinity : instantOf(next), LATEST + MARGIN)
    const offset = offsetOf(at)
    periods.push({ start, end, offset, expected })
    expected = end + offset
    start = end
    at = next ?? at
  }
  return periods
}

function instantOf(time: Temporal.ZonedDateTime): Instant {
  return Number(time.epochNanoseconds / 1000n)
}

function offsetOf(time: Temporal.ZonedDateTime): number {
  return time.offsetNanoseconds / 1000
}
