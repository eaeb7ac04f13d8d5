import { deyeThreePhaseHighVoltageMap, deyeThreePhaseMap } from './deye-three-phase-map.ts'
import type { RegisterMap } from './register-map.ts'
import { solArk16kMap, solArkMap } from './sol-ark-map.ts'

export const modelNames = [
  'sol-ark',
  'sol-ark-16k',
  'deye-single-phase',
  'deye-three-phase',
  'deye-three-phase-hv',
] as const

export type ModelName = (typeof modelNames)[number]

/** The register map of each family of inverters, by its name in the configuration. */
export const models: Readonly<Record<ModelName, RegisterMap>> = {
  'sol-ark': solArkMap,
  'sol-ark-16k': solArk16kMap,
  'deye-single-phase': { ...solArkMap, title: 'Deye and Sunsynk, single phase' },
  'deye-three-phase': deyeThreePhaseMap,
  'deye-three-phase-hv': deyeThreePhaseHighVoltageMap,
}
