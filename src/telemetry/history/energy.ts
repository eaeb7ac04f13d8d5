import type { NumberField } from '../../quantities.ts'
import type { Course, Summary } from './summary.ts'

/** kWh; null where nothing was measured. */
export interface Energy {
  pv: number | null
  load: number | null
  gridImport: number | null
  gridExport: number | null
  batteryCharge: number | null
  batteryDischarge: number | null
  generator: number | null
}

/** What each energy is made of. */
export const powerOf = {
  pv: 'pvPower',
  load: 'loadPower',
  gridImport: 'gridPower',
  gridExport: 'gridPower',
  batteryCharge: 'batteryPower',
  batteryDischarge: 'batteryPower',
  generator: 'generatorPower',
} as const satisfies Record<keyof Energy, NumberField>

const WATT_SECONDS = 3_600_000

/** What of a summary the powers amount to; null for those that it does not hold. */
export function energyOf({ of }: Pick<Summary, 'of'>): Energy {
  return {
    pv: kilowattHours(of.pvPower, ({ integral }) => integral),
    load: kilowattHours(of.loadPower, ({ integral }) => integral),
    gridImport: kilowattHours(of.gridPower, above),
    gridExport: kilowattHours(of.gridPower, below),
    batteryCharge: kilowattHours(of.batteryPower, below),
    batteryDischarge: kilowattHours(of.batteryPower, above),
    generator: kilowattHours(of.generatorPower, ({ integral }) => integral),
  }
}

function kilowattHours(
  course: Course | undefined,
  wattSeconds: (course: Course) => number,
): number | null {
  return course === undefined || course.covered === 0 ? null : wattSeconds(course) / WATT_SECONDS
}

// Rounding must not make an energy of one direction negative.
const above = ({ positive }: Course) => Math.max(0, positive)
const below = ({ positive, integral }: Course) => Math.max(0, positive - integral)
