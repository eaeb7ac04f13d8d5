import type { Instant } from '../../database/instant.ts'

/** A stretch of time, from `since` to before `until`. */
export interface Stretch {
  since: Instant
  until: Instant
}

export const QUARTER: Instant = 15 * 60 * 1_000_000
export const HOUR: Instant = 4 * QUARTER
export const DAY: Instant = 24 * HOUR

/** How long stretches are together. */
export function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { since, until }) => sum + until - since, 0)
}

/** Which source answers for which stretches of time; together they are what was asked for, and disjoint. */
export interface Tiling {
  /** Whole hours of UTC, each within one bucket. */
  hours: Stretch[]
  /** Whole quarters of an hour likewise. */
  quarters: Stretch[]
  /** What only the readings can tell. */
  rest: Stretch[]
}

/**
 * Covers the buckets between neighbouring edges with the largest tiles that lie within one bucket and touch
 * nothing of `changed`, which is in order, disjoint and made of whole quarters.
 */
export function layTiles(edges: readonly Instant[], changed: readonly Stretch[]): Tiling {
  const tiling: Tiling = { hours: [], quarters: [], rest: [] }
  let at = 0
  for (let index = 1; index < edges.length; index++) {
    let since = edges[index - 1] ?? 0
    const until = edges[index] ?? 0
    while (since < until) {
      while ((changed[at]?.until ?? Number.POSITIVE_INFINITY) <= since) at += 1
      const next = changed[at] ?? { since: until, until }
      if (next.since > since) {
        const clean = Math.min(next.since, until)
        layClean(tiling, since, clean)
        since = clean
      } else {
        const end = Math.min(next.until, until)
        extend(tiling.rest, since, end)
        since = end
      }
    }
  }
  return tiling
}

function layClean({ hours, quarters, rest }: Tiling, since: Instant, until: Instant): void {
  const [firstQuarter, lastQuarter] = within(since, until, QUARTER)
  if (firstQuarter >= lastQuarter) {
    extend(rest, since, until)
    return
  }
  extend(rest, since, firstQuarter)
  const [firstHour, lastHour] = within(firstQuarter, lastQuarter, HOUR)
  if (firstHour >= lastHour) extend(quarters, firstQuarter, lastQuarter)
  else {
    extend(quarters, firstQuarter, firstHour)
    extend(hours, firstHour, lastHour)
    extend(quarters, lastHour, lastQuarter)
  }
  extend(rest, lastQuarter, until)
}

function within(since: Instant, until: Instant, width: Instant): [Instant, Instant] {
  return [Math.ceil(since / width) * width, Math.floor(until / width) * width]
}

function extend(stretches: Stretch[], since: Instant, until: Instant): void {
  if (since >= until) return
  const last = stretches.at(-1)
  if (last?.until === since) last.until = until
  else stretches.push({ since, until })
}
