import { type RawBuilder, sql } from 'kysely'
import { formatInstant, type Instant } from '../../database/instant.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { storedTiles, type Wanted } from './summary.ts'

/** A time range; `until` is exclusive. */
export interface Stretch {
  since: Instant
  until: Instant
}

export const QUARTER: Instant = 15 * 60 * 1_000_000
export const HOUR: Instant = 4 * QUARTER
export const DAY: Instant = 24 * HOUR

/** The total length of the ranges. */
export function lengthOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { since, until }) => sum + until - since, 0)
}

/** Which source serves which time ranges. They are disjoint, and together they are what was requested. */
export interface Tiling {
  /** Whole hours of UTC, each within one bucket. */
  hours: Stretch[]
  /** Whole quarters of an hour, each within one bucket. */
  quarters: Stretch[]
  /** What only the readings can tell. */
  rest: Stretch[]
}

/**
 * Covers the buckets between neighbouring edges with the largest tiles that lie within one bucket and do not touch
 * `changed`. `changed` consists of whole quarters, in order and disjoint.
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

/** Time ranges of one or several plants as a table `stretch (plant_id, since, until)`. */
export function stretchTable(
  plantId: number | readonly number[],
  stretches: readonly Stretch[],
): RawBuilder<unknown> {
  const [only, ...others] = stretches
  if (typeof plantId === 'number' && only !== undefined && others.length === 0) {
    // Constants, so that the planner knows how much lies between them.
    return sql`(
      select ${plantId}::integer as plant_id, ${timestamptz(only.since)} as since, ${timestamptz(only.until)} as until
    ) as stretch`
  }
  const plants = typeof plantId === 'number' ? stretches.map(() => plantId) : plantId
  return sql`unnest(
    ${plants}::integer[],
    ${stretches.map(({ since }) => formatInstant(since))}::timestamptz[],
    ${stretches.map(({ until }) => formatInstant(until))}::timestamptz[]
  ) as stretch (plant_id, since, until)`
}

/**
 * For a FROM clause: the ranges with the tiles that begin in them, as `stretch` and `tile`. `offset 0` forces one
 * lookup in the key for each range. A join would match plants alone, and compare each tile of a plant with each of its
 * ranges.
 */
export function tilesWithin(
  table: string,
  stretches: RawBuilder<unknown>,
  wanted: Wanted,
): RawBuilder<unknown> {
  return sql`${stretches}
    cross join lateral (
      select * from ${storedTiles(table, wanted)} as stored
      where plant_id = stretch.plant_id and start >= stretch.since and start < stretch.until
      offset 0
    ) as tile`
}
