import type { BarPeriod } from './questions.ts'
import { words } from './words.ts'

type Energy = BarPeriod['energy']

/** A part of a bar. */
export interface EnergyPart {
  readonly key: keyof Energy
  readonly kind: string
  readonly name: string
}

/** Where energy came from, from the axis upwards. */
export const energySources: readonly EnergyPart[] = [
  { key: 'pv', kind: 'solar', name: words.fromSolar },
  { key: 'batteryDischarge', kind: 'battery', name: words.discharged },
  { key: 'gridImport', kind: 'grid', name: words.fromGrid },
  { key: 'generator', kind: 'generator', name: words.fromGenerator },
]

/** Where it went, from the axis downwards. */
export const energyUses: readonly EnergyPart[] = [
  { key: 'load', kind: 'house', name: words.usedByHouse },
  { key: 'batteryCharge', kind: 'battery', name: words.charged },
  { key: 'gridExport', kind: 'grid', name: words.toGrid },
]

/** The parts that were measured. A generator that never ran is none. */
export function partsOf(
  parts: readonly EnergyPart[],
  periods: readonly BarPeriod[],
): readonly EnergyPart[] {
  return parts.filter(({ key }) =>
    periods.some(({ energy }) => (key === 'generator' ? energy[key] : energy[key] !== null)),
  )
}

/** kWh of the parts that were measured: the height of a bar. */
export function heightOf(parts: readonly EnergyPart[], { energy }: BarPeriod): number {
  return parts.reduce((sum, { key }) => sum + Math.max(energy[key] ?? 0, 0), 0)
}

/** A plant whose newest reading is older is called silent, unless the server is set otherwise. */
const LATE = 15 * 60_000

/**
 * The share of the time so far that was measured, of a period under way; 1 if no more is missing than the newest
 * reading may be late.
 */
export function measuredSoFar(
  { start, end, coverage }: Pick<BarPeriod, 'start' | 'end' | 'coverage'>,
  now: number,
): number {
  const from = Date.parse(start)
  const measured = coverage * (Date.parse(end) - from)
  return now - from - measured < LATE ? 1 : measured / (now - from)
}

/** Whether a period is over, under way, or to come. */
export function stageOf(
  period: Pick<BarPeriod, 'start' | 'end'>,
  now: number,
): 'over' | 'under way' | 'to come' {
  if (Date.parse(period.start) > now) return 'to come'
  return Date.parse(period.end) > now ? 'under way' : 'over'
}
