import type { Instant } from '../../database/instant.ts'
import type { WallTime, ZoneClock } from '../time-zone.ts'

/** The width of buckets. Its marks on the clock or in the calendar are where one bucket ends and the next begins. */
export interface Width {
  /** Whether a mark that the clock shows twice is an edge both times, or only the first time. */
  readonly repeats: boolean
  /** The number of the last mark at or before a time. */
  indexOf(wall: WallTime): number
  /** The mark with that number. */
  markOf(index: number): WallTime
}

/** Every width that history offers, the smallest first. */
export const widths = {
  PT1M: ofMinutes(1),
  PT2M: ofMinutes(2),
  PT3M: ofMinutes(3),
  PT5M: ofMinutes(5),
  PT10M: ofMinutes(10),
  PT15M: ofMinutes(15),
  PT20M: ofMinutes(20),
  PT30M: ofMinutes(30),
  PT1H: ofMinutes(60),
  PT2H: ofMinutes(120),
  PT3H: ofMinutes(180),
  PT4H: ofMinutes(240),
  PT6H: ofMinutes(360),
  PT8H: ofMinutes(480),
  PT12H: ofMinutes(720),
  P1D: ofDays(1),
  P1W: ofDays(7),
  P1M: ofMonths(1),
  P3M: ofMonths(3),
  P1Y: ofMonths(12),
} as const satisfies Readonly<Record<string, Width>>

/** As an ISO 8601 duration. */
export type WidthName = keyof typeof widths

export function isWidthName(text: string): text is WidthName {
  return Object.hasOwn(widths, text)
}

export const widthNames: readonly WidthName[] = Object.keys(widths).filter(isWidthName)

/** A divisor of a day: multiples since midnight are multiples since 1970, too. */
function ofMinutes(minutes: number): Width {
  return { ...every(minutes * 60_000_000, 0), repeats: minutes <= 60 }
}

/** Weeks begin on Monday, such as 1970-01-05. */
function ofDays(days: 1 | 7): Width {
  const day = 86_400_000_000
  return { ...every(days * day, days === 7 ? 4 * day : 0), repeats: false }
}

function every(length: number, origin: WallTime): Pick<Width, 'indexOf' | 'markOf'> {
  return {
    indexOf: (wall) => Math.floor((wall - origin) / length),
    markOf: (index) => index * length + origin,
  }
}

function ofMonths(months: 1 | 3 | 12): Width {
  return {
    repeats: false,
    indexOf: (wall) => {
      const date = new Date(Math.floor(wall / 1000))
      return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / months)
    },
    markOf: (index) => Date.UTC(1970, index * months - 1970 * 12) * 1000,
  }
}

/** A time range to be cut into buckets. */
export interface ClockRange {
  from: Instant
  to: Instant
  clock: ZoneClock
}

/** Neighbouring edges with the same offset from UTC. */
interface Run {
  /** A change of the clock that jumps onto or over a mark. It is an edge before those at the marks. */
  jump: Instant | undefined
  /** Numbers of the first and last mark. */
  first: number
  last: number
  offset: number
}

/**
 * Returns the edges of the buckets from `from` to `to`, both inclusive; these two cut the first and the last bucket.
 * An edge is where the clock shows a multiple of the width since midnight, or where a day, week (Monday), month,
 * quarter or year begins. If the clock repeats an hour, both times are edges up to PT1H, and only the first time for
 * larger widths. If it skips an edge, the jump is the edge.
 */
export function edgesOf({ from, to, clock }: ClockRange, width: WidthName): Instant[] {
  const { markOf } = widths[width]
  const edges = [from]
  for (const { jump, first, last, offset } of runsOf({ from, to, clock }, width)) {
    if (jump !== undefined) edges.push(jump)
    for (let index = first; index <= last; index++) edges.push(markOf(index) - offset)
  }
  if (to > from) edges.push(to)
  return edges
}

/** Returns the number of buckets without making them. */
export function countBuckets({ from, to, clock }: ClockRange, width: WidthName): number {
  let count = to > from ? 1 : 0
  for (const { jump, first, last } of runsOf({ from, to, clock }, width)) {
    count += (jump === undefined ? 0 : 1) + Math.max(0, last - first + 1)
  }
  return count
}

/** Returns the smallest width that makes at most `most` buckets; undefined if even years make more. */
export function smallestWidth(cut: ClockRange, most: number): WidthName | undefined {
  return widthNames.find((width) => countBuckets(cut, width) <= most)
}

function* runsOf({ from, to, clock }: ClockRange, width: WidthName): Generator<Run> {
  const { repeats, indexOf, markOf } = widths[width]
  const upTo = (wall: number) => indexOf(wall - 1)
  for (const { start, end, offset, expected } of clock.offsetPeriods(from, to)) {
    const shown = start + offset
    const wanted = repeats ? Math.min(expected, shown) : expected
    const next = upTo(wanted) + 1
    const jumps = markOf(next) <= shown
    yield {
      jump: jumps && start > from && start < to ? start : undefined,
      first: Math.max(jumps ? indexOf(shown) + 1 : next, indexOf(from + offset) + 1),
      last: upTo(Math.min(end, to) + offset),
      offset,
    }
  }
}
