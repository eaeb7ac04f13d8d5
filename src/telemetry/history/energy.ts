import type { Kysely } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import type { NumberField } from '../../quantities.ts'
import { type MeteredEnergy, notMetered, readMetered } from '../counters/read-metered.ts'
import type { Plant } from '../plant.ts'
import { type WallTime, type ZoneClock, zoneClock } from '../time-zone.ts'
import { edgesOf, type WidthName } from './bucket-edges.ts'
import { type ExpectedReads, expectedReads, NOTHING } from './expected-reads.ts'
import { readSummaries } from './read-summaries.ts'
import type { ReadingAllowance } from './reading-allowance.ts'
import { type LoadPlant, planByClock } from './requested-plant.ts'
import { isSpan, requireFewPoints, requireSpan } from './span.ts'
import type { QuantitySummary, Summary, Wanted } from './summary.ts'

/** kWh; null if nothing was measured. */
export interface Energy {
  pv: number | null
  load: number | null
  gridImport: number | null
  gridExport: number | null
  batteryCharge: number | null
  batteryDischarge: number | null
  generator: number | null
}

/** The power that each energy is the integral of. */
export const powerOf = {
  pv: 'pvPower',
  load: 'loadPower',
  gridImport: 'gridPower',
  gridExport: 'gridPower',
  batteryCharge: 'batteryPower',
  batteryDischarge: 'batteryPower',
  generator: 'generatorPower',
} as const satisfies Record<keyof Energy, NumberField>

export const energyFields: readonly (keyof Energy)[] = [
  'pv',
  'load',
  'gridImport',
  'gridExport',
  'batteryCharge',
  'batteryDischarge',
  'generator',
]

const WATT_SECONDS = 3_600_000

/** Returns the energies of a summary; null for quantities that it lacks. */
export function energyOf({ of }: Pick<Summary, 'of'>): Energy {
  return {
    pv: kilowattHours(of.pvPower, ({ integral }) => integral),
    load: kilowattHours(of.loadPower, ({ integral }) => integral),
    gridImport: kilowattHours(of.gridPower, wattSecondsAbove),
    gridExport: kilowattHours(of.gridPower, wattSecondsBelow),
    batteryCharge: kilowattHours(of.batteryPower, wattSecondsBelow),
    batteryDischarge: kilowattHours(of.batteryPower, wattSecondsAbove),
    generator: kilowattHours(of.generatorPower, ({ integral }) => integral),
  }
}

function kilowattHours(
  course: QuantitySummary | undefined,
  wattSeconds: (course: QuantitySummary) => number,
): number | null {
  return course === undefined || course.covered === 0 ? null : wattSeconds(course) / WATT_SECONDS
}

/** Of power that flows both ways, the energy of its part above zero, W s. Rounding does not make it negative. */
export function wattSecondsAbove({ positive }: QuantitySummary): number {
  return Math.max(0, positive)
}

/** The same of its part below zero. */
export function wattSecondsBelow({ positive, integral }: QuantitySummary): number {
  return Math.max(0, positive - integral)
}

export const periods = ['HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR'] as const

/** A calendar period. */
export type Period = (typeof periods)[number]

const widthOf: Readonly<Record<Period, WidthName>> = {
  HOUR: 'PT1H',
  DAY: 'P1D',
  WEEK: 'P1W',
  MONTH: 'P1M',
  YEAR: 'P1Y',
}
const offered = new Map(periods.map((period) => [widthOf[period], period]))

/** Which days of a plant, and how they are cut. */
export interface PeriodsRequest {
  plantId: number
  /** The first day, such as 2026-06-21. */
  from: string
  /** The last day, inclusive. */
  to: string
  period: Period
  /** undefined: that of the plant. */
  timeZone: string | undefined
}

export interface EnergyRequest extends PeriodsRequest, Wanted {
  /** Whether to read what the counters of the inverters say. By default not. */
  metered?: boolean
  /** Without it, the number of readings is not limited. */
  allowance?: ReadingAllowance
}

export interface EnergyPeriod {
  start: Instant
  end: Instant
  /** The day on which it starts, such as 2026-06-21. */
  day: string
  energy: Energy
  /** What the counters of the inverters say; nothing if it was not requested. */
  metered: MeteredEnergy
  /**
   * Share of the PV energy that did not go to the grid, 0 to 1; null if there is no PV energy, or it was not measured.
   */
  selfConsumption: number | null
  /**
   * Share of the load's energy that did not come from the grid, 0 to 1; null if there is no load, or it was not
   * measured.
   */
  selfSufficiency: number | null
  /** W. */
  peakPvPower: number | null
  /** W. */
  peakLoadPower: number | null
  /** %. */
  minSoc: number | null
  /** %. */
  maxSoc: number | null
  /** Share of the period that readings cover, 0 to 1. */
  coverage: number
}

/**
 * Returns a plant's energy by calendar period. The first and the last day cut the first and the last period. Throws as
 * `readHistory` does.
 */
export async function readEnergy(
  { kysely, loadPlant }: { kysely: Kysely<Schema>; loadPlant: LoadPlant },
  request: EnergyRequest,
): Promise<EnergyPeriod[]> {
  const { plantId, quantities, aspects, allowance } = request
  const { edges, clock } = await planPeriods(loadPlant, request)
  if (edges.length < 2) return []
  const summaries = await readSummaries(kysely, { plantId, edges, quantities, aspects, allowance })
  const metered = request.metered === true ? await readMetered(kysely, { plantId, edges }) : []
  return summaries.map((summary, index) => {
    const [start, end] = [edges[index] ?? 0, edges[index + 1] ?? 0]
    return {
      start,
      end,
      day: dayOf(clock.read(start)),
      metered: metered[index] ?? notMetered,
      ...figuresOf(summary, end - start),
    }
  })
}

/**
 * Cuts days into calendar periods: neighbouring edges are where one ends and the next begins. Throws as `readHistory`
 * does.
 */
export async function planPeriods(
  loadPlant: LoadPlant,
  request: PeriodsRequest,
): Promise<{ plant: Plant; clock: ZoneClock; edges: Instant[] }> {
  const width = widthOf[request.period]
  const [firstMidnight, lastMidnight] = [midnightOf(request.from), midnightOf(request.to) + DAY]
  requireSpan(firstMidnight, midnightOf(request.to))
  const { plant, plan } = await planByClock(loadPlant, request, (clock, precision) => {
    const cut = { from: clock.reach(firstMidnight), to: clock.reach(lastMidnight), clock }
    requireFewPoints(cut, width, offered, precision)
    return { edges: edgesOf(cut, width), clock }
  })
  return { plant, ...plan }
}

/**
 * Estimates what the request makes the database read. Assumes UTC if no zone is given. Returns nothing if the request
 * would be refused.
 */
export function expectedEnergy({
  from,
  to,
  period,
  timeZone,
}: Pick<EnergyRequest, 'from' | 'to' | 'period' | 'timeZone'>): ExpectedReads {
  if (!isSpan(midnightOf(from), midnightOf(to))) return NOTHING
  const clock = zoneClock(timeZone ?? 'UTC')
  const cut = { from: clock.reach(midnightOf(from)), to: clock.reach(midnightOf(to) + DAY), clock }
  return expectedReads(cut, widthOf[period])
}

const DAY = 86_400_000_000

/** The wall time at which the day begins. */
export function midnightOf(day: string): WallTime {
  return Date.parse(`${day}T00:00:00Z`) * 1000
}

/** The day that a clock shows, such as 2026-06-21. */
export function dayOf(wall: WallTime): string {
  return new Date(Math.floor(wall / 1000)).toISOString().slice(0, 10)
}

function figuresOf(
  { covered, of }: Summary,
  length: number,
): Omit<EnergyPeriod, 'start' | 'end' | 'day' | 'metered'> {
  const energy = energyOf({ of })
  return {
    energy,
    selfConsumption: shareLeft(energy.pv, energy.gridExport),
    selfSufficiency: shareLeft(energy.load, energy.gridImport),
    peakPvPower: of.pvPower?.max ?? null,
    peakLoadPower: of.loadPower?.max ?? null,
    minSoc: of.soc?.min ?? null,
    maxSoc: of.soc?.max ?? null,
    coverage: covered / length,
  }
}

/** The share of a whole that is left without a part, 0 to 1; null if one is unknown, or the whole is 0. */
export function shareLeft(whole: number | null, part: number | null): number | null {
  if (whole === null || part === null || whole <= 0) return null
  return Math.min(1, Math.max(0, (whole - part) / whole))
}
