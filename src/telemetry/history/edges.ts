import type { Instant } from '../../database/instant.ts'
import { type WidthName, widthNames, widths } from './width.ts'
import type { ZoneClock } from './zone-clock.ts'

/** A stretch of time that is cut into buckets. */
export interface Cut {
  from: Instant
  to: Instant
  clock: ZoneClock
}

/** Neighbouring edges for which the clock is the same distance from UTC. */
interface Run {
  /** A change of the clock that jumps onto or over a mark: an edge before those at the marks. */
  jump: Instant | undefined
  /** Numbers of marks. */
  first: number
  last: number
  offset: number
}

/**
 * The edges of the buckets of a width from `from` to `to`, both included, which cut the first bucket and the last. An edge
 * is where the clock shows a multiple of the width since midnight, or a day, week (Monday), month, quarter or year
 * begins; where the clock repeats an hour, both times up to PT1H and the first time alone above; where it skips one,
 * the jump is the edge.
 */
export function edgesOf({ from, to, clock }: Cut, width: WidthName): Instant[] {
  const { markOf } = widths[width]
  const edges = [from]
  for (const { jump, first, last, offset } of runsOf({ from, to, clock }, width)) {
    if (jump !== undefined) edges.push(jump)
    for (let index = first; index <= last; index++) edges.push(markOf(index) - offset)
  }
  if (to > from) edges.push(to)
  return edges
}

/** How many buckets there are, without making them. */
export function countBuckets({ from, to, clock }: Cut, width: WidthName): number {
  let count = to > from ? 1 : 0
  for (const { jump, first, last } of runsOf({ from, to, clock }, width)) {
    count += (jump === undefined ? 0 : 1) + Math.max(0, last - first + 1)
  }
  return count
}

/** The smallest width that makes at most so many buckets; undefined: even years are more. */
export function smallestWidth(cut: Cut, most: number): WidthName | undefined {
  return widthNames.find((width) => countBuckets(cut, width) <= most)
}

function* runsOf({ from, to, clock }: Cut, width: WidthName): Generator<Run> {
  const { repeats, indexOf, markOf } = widths[width]
  const upTo = (wall: number) => indexOf(wall - 1)
  for (const { start, end, offset, expected } of clock.spells(from, to)) {
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
