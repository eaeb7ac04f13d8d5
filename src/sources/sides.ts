import type { NumberField } from '../quantities.ts'

export const sideNames = ['batteryCharge', 'batteryDischarge', 'gridImport', 'gridExport'] as const

export type Side = (typeof sideNames)[number]

/** One direction of a power that flows both ways, as its magnitude. */
export const sides = {
  batteryCharge: { field: 'batteryPower', factor: -1 },
  batteryDischarge: { field: 'batteryPower', factor: 1 },
  gridImport: { field: 'gridPower', factor: 1 },
  gridExport: { field: 'gridPower', factor: -1 },
} as const satisfies Record<Side, { field: NumberField; factor: 1 | -1 }>

export function isSide(name: string): name is Side {
  return Object.hasOwn(sides, name)
}
