import type { Instant } from '../database/instant.ts'
import {
  isOneWay,
  type Measurements,
  type NumberField,
  nothingMeasured,
  numberFields,
} from '../quantities.ts'

/** A reading that is not stored yet: which plant, when, and what was measured. */
export interface Reading extends Measurements {
  plantId: number
  timestamp: Instant
}

/** A reading as it is stored. */
export interface StoredReading extends Reading {
  id: number
  createdAt: Instant
}

/** The largest integer of PostgreSQL and GraphQL. */
export const LARGEST_PLANT_ID = 2_147_483_647

/** Returns the number of a plant that is written as this; undefined if it is none. */
export function parsePlantId(text: string): number | undefined {
  const plantId = /^(?:0|[1-9]\d{0,9})$/.test(text) ? Number(text) : LARGEST_PLANT_ID + 1
  return plantId <= LARGEST_PLANT_ID ? plantId : undefined
}

/** Simulated plants have ids from here on; real plants have lower ones. */
export const FIRST_SIMULATED_PLANT = 900_001

export function isSimulated(plantId: number): boolean {
  return plantId >= FIRST_SIMULATED_PLANT
}

/** A reading with every quantity null, which means "not measured". */
export function emptyReading(plantId: number, timestamp: Instant): Reading {
  return { plantId, timestamp, ...nothingMeasured }
}

/** A value of this size or more, of either sign, is not a measurement. It could not be squared and summed either. */
export const ABSURD = 1e12

/** The powers that flow one way, so that a negative value counts as 0. */
export const oneWayFields: ReadonlySet<NumberField> = new Set(numberFields.filter(isOneWay))

/**
 * Returns a stored value as an answer shows it: null if it was not measured, or is too large to be a measurement; 0 if
 * it is negative although the power flows one way. SQL can write both.
 */
export function measured(field: NumberField, value: number | null): number | null {
  if (value === null || !(Math.abs(value) < ABSURD)) return null
  return value < 0 && oneWayFields.has(field) ? 0 : value
}
