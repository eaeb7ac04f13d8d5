import type { Kysely } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { Fault } from '../../fault.ts'
import type { NumberField } from '../../quantities.ts'
import type { ZoneClock } from '../time-zone.ts'
import { edgesOf } from './bucket-edges.ts'
import { dayOf, midnightOf, type PeriodsRequest, planPeriods, wattSecondsBelow } from './energy.ts'
import { readSummaries } from './read-summaries.ts'
import type { ReadingAllowance } from './reading-allowance.ts'
import type { LoadPlant } from './requested-plant.ts'
import type { Summary } from './summary.ts'
import { DAY, QUARTER } from './tiling.ts'

/** What excess is computed from. */
export const excessQuantities: readonly NumberField[] = ['pvPower', 'loadPower', 'batteryPower']

/** What a plant produced beyond what the house used and the battery took. */
export interface ExcessPeriod {
  start: Instant
  end: Instant
  /** The day on which it starts, such as 2026-06-21. */
  day: string
  /** kWh; null if nothing is known. */
  excess: number | null
  /** Share of the period of which it is known, 0 to 1. */
  coverage: number
}

/** Every quarter of an hour is read and computed by itself, so that more would take too long. */
export const MOST_DAYS = 366

/**
 * Returns the excess of a plant by calendar period: for each quarter of an hour what is left of the PV energy after the
 * load and what the battery was charged with, where that is above 0, added up. Throws as `readEnergy` does, and
 * `TOO_MANY_POINTS` for more than `MOST_DAYS`.
 */
export async function readExcess(
  { kysely, loadPlant }: { kysely: Kysely<Schema>; loadPlant: LoadPlant },
  request: PeriodsRequest & { allowance: ReadingAllowance },
): Promise<ExcessPeriod[]> {
  requireFewDays(request)
  const { clock, edges } = await planPeriods(loadPlant, request)
  const finer = quarterEdges(edges, clock)
  const summaries = await readSummaries(kysely, {
    plantId: request.plantId,
    edges: finer,
    quantities: excessQuantities,
    aspects: ['samples', 'signs'],
    allowance: request.allowance,
  })
  const periods = edges.slice(1).map((end, index) => ({ start: edges[index] ?? end, end }))
  let at = 0
  return periods.map(({ start, end }) => {
    let [excess, known] = [0, 0]
    for (; (finer[at] ?? end) < end; at++) {
      const found = excessOf(summaries[at])
      excess += found?.wattSeconds ?? 0
      known += found?.covered ?? 0
    }
    return {
      start,
      end,
      day: dayOf(clock.read(start)),
      excess: known > 0 ? excess / 3_600_000 : null,
      coverage: known / (end - start),
    }
  })
}

/**
 * Returns the excess of at most a quarter of an hour; undefined if one of the three was not measured for all the time
 * that readings cover.
 */
export function excessOf(
  summary: Summary | undefined,
): { wattSeconds: number; covered: number } | undefined {
  const { pvPower: pv, loadPower: load, batteryPower: battery } = summary?.of ?? {}
  if (pv === undefined || load === undefined || battery === undefined) return undefined
  // Lines of the same length may still lie at different times, unless each is as long as the readings.
  const { covered = 0 } = summary ?? {}
  if (covered === 0 || ![pv, load, battery].every((each) => each.covered === covered)) {
    return undefined
  }
  return {
    wattSeconds: Math.max(0, pv.integral - load.integral - wattSecondsBelow(battery)),
    covered,
  }
}

/** The quarters of an hour that a clock shows, cut at the edges. */
export function quarterEdges(edges: readonly Instant[], clock: ZoneClock): Instant[] {
  const [from, to] = [edges[0], edges.at(-1)]
  if (from === undefined || to === undefined) return []
  const quarters = edgesOf({ from, to, clock }, 'PT15M')
  return [...new Set([...edges, ...quarters])].sort((a, b) => a - b)
}

/** Throws `TOO_MANY_POINTS` if the range has more days than can be computed quarter by quarter. */
export function requireFewDays({ from, to }: Pick<PeriodsRequest, 'from' | 'to'>): void {
  const days = (midnightOf(to) - midnightOf(from)) / DAY + 1
  if (days <= MOST_DAYS) return
  throw new Fault(
    'TOO_MANY_POINTS',
    `Expected at most ${MOST_DAYS} days; got ${days}: ask for less time`,
    { path: ['from'] },
  )
}

/** How many quarters of an hour a request has, for its cost; 0 if it would be refused. */
export function expectedQuarters({ from, to }: Pick<PeriodsRequest, 'from' | 'to'>): number {
  const days = (midnightOf(to) - midnightOf(from)) / DAY + 1
  return days > 0 && days <= MOST_DAYS ? (days * DAY) / QUARTER : 0
}
