import type { Api } from './api.ts'
import {
  type CostFragment,
  CostsOfDocument,
  CourseDocument,
  type CourseQuery,
  EnergyOfDocument,
  FleetCostsOfDocument,
  FleetCourseDocument,
  FleetEnergyOfDocument,
  FleetNewestDocument,
  type MissingFragment,
  type PeriodFragment,
  type Period as Unit,
} from './generated/graphql.ts'
import type { Day } from './plant-clock.ts'
import type { PlantReading } from './plants.ts'
import { idsOf, type Subject } from './subject.ts'

/**
 * What the views ask about a plant, or about several as one: the same questions, with the same shape of the answers.
 * What a plant lacks, so that nothing is added up, is `missing`; of a single plant there is none.
 */
export interface Summed {
  readonly missing: readonly MissingFragment[]
}

export interface BarPeriod extends PeriodFragment, Summed {}

export type CostBar = CostFragment & Summed

export type CoursePoint = CourseQuery['history']['points'][number] & Summed

export interface Course {
  readonly bucket: string
  readonly points: readonly CoursePoint[]
}

/** Powers, W, at one moment. States of charge do not add up. */
export type FlowReading = Pick<
  PlantReading,
  'soc' | 'pvPower' | 'loadPower' | 'batteryPower' | 'gridPower' | 'generatorPower'
>

export interface DayUnits {
  readonly from: Day
  readonly to: Day
  readonly period: Unit
}

export interface CourseRange {
  /** Instants as text. */
  readonly from: string
  readonly to: string
  readonly bucket?: string
  readonly maxPoints?: number
}

/** How a question is asked, and of whom. */
export interface Asked {
  readonly api: Api
  readonly subject: Subject
  readonly signal: AbortSignal
}

/** The server takes no older readings. */
const FIRST_DAY: Day = '2000-01-01'
const none: readonly MissingFragment[] = []

/** kWh by calendar period. */
export async function askEnergy(
  { api, subject, signal }: Asked,
  units: DayUnits,
): Promise<readonly BarPeriod[]> {
  if (!subject.isFleet) {
    const { energy } = await api.ask(EnergyOfDocument, { ...plantOf(subject), ...units }, signal)
    return energy.map((period) => ({ ...period, missing: none }))
  }
  const { fleet } = await api.ask(FleetEnergyOfDocument, { ...plantsOf(subject), ...units }, signal)
  return fleet.energy.map(({ energy: { missing, ...energy }, ...period }) => ({
    ...period,
    energy,
    missing,
  }))
}

/** The course of the powers, and of the state of charge of a single plant. */
export async function askCourse(
  { api, subject, signal }: Asked,
  range: CourseRange,
): Promise<Course> {
  if (!subject.isFleet) {
    const { history } = await api.ask(CourseDocument, { ...plantOf(subject), ...range }, signal)
    const points = history.points.map((point) => ({ ...point, missing: none }))
    return { bucket: history.bucket, points }
  }
  const { fleet } = await api.ask(FleetCourseDocument, { ...plantsOf(subject), ...range }, signal)
  const points = fleet.history.points.map((point) => ({
    start: point.start,
    end: point.end,
    soc: null,
    pvPower: mean(point.pvPower),
    loadPower: mean(point.loadPower),
    batteryPower: mean(point.batteryPower),
    gridPower: mean(point.gridPower),
    generatorPower: mean(point.generatorPower),
    missing: point.missing,
  }))
  return { bucket: fleet.history.bucket, points }
}

/** Costs and savings by calendar period. */
export async function askCosts(
  { api, subject, signal }: Asked,
  units: DayUnits,
): Promise<readonly CostBar[]> {
  if (!subject.isFleet) {
    const { costs } = await api.ask(CostsOfDocument, { ...plantOf(subject), ...units }, signal)
    return costs.map((period) => ({ ...period, missing: none }))
  }
  const { fleet } = await api.ask(FleetCostsOfDocument, { ...plantsOf(subject), ...units }, signal)
  return fleet.costs
}

/**
 * The first day of the first year of which there is any energy; undefined if there is none. History may be kept longer
 * than readings, so that the oldest reading does not say it.
 */
export async function askFirstYear(asked: Asked, to: Day): Promise<Day | undefined> {
  const years = await askEnergy(asked, { from: FIRST_DAY, to, period: 'YEAR' })
  return years.find((year) => hasEnergy(year, asked.subject))?.day
}

/** Of a plant, or of any of several. */
function hasEnergy({ energy, missing }: BarPeriod, { isFleet, plants }: Subject): boolean {
  if (!isFleet) return Object.values(energy).some((kWh) => kWh !== null)
  const { length: all } = Object.keys(energy)
  const isAllMissing = (id: number) =>
    missing.some(({ plantId, fields }) => plantId === id && fields.length >= all)
  return plants.some(({ plantId }) => !isAllMissing(plantId))
}

/** The newest readings of several plants added up. */
export async function askNewest({ api, subject, signal }: Asked): Promise<FlowReading & Summed> {
  const { fleet } = await api.ask(FleetNewestDocument, { plantIds: idsOf(subject) }, signal)
  return { ...fleet.latest, soc: null }
}

function plantOf(subject: Subject): { plantId: number } {
  return { plantId: idsOf(subject)[0] ?? 0 }
}

function plantsOf(subject: Subject): { plantIds: number[]; timeZone: string } {
  return { plantIds: idsOf(subject), timeZone: subject.timeZone }
}

function mean(value: number | null): { avg: number } | null {
  return value === null ? null : { avg: value }
}
