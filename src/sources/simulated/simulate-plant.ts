import type { Instant } from '../../database/instant.ts'
import type { Reading } from '../../telemetry/reading.ts'
import { SimulatedInverter } from './inverter.ts'
import type { SimulatedPlant } from './plant.ts'

export interface SimulatedRange {
  /** Included. */
  from: Instant
  /** Not included. */
  to: Instant
  /** Microseconds between readings. */
  every: number
}

/**
 * The readings of a plant in a range, in order of time, made as they are taken. They lie at whole multiples of
 * `every` since 1970, and each depends on the plant and its instant alone, so that ranges may overlap or join.
 */
export function* simulatePlant(plant: SimulatedPlant, range: SimulatedRange): Generator<Reading> {
  const inverter = new SimulatedInverter(plant)
  for (let at = firstInstant(range); at < range.to; at += range.every) yield inverter.readingAt(at)
}

/** How many readings a plant has in a range. */
export function countReadings(range: SimulatedRange): number {
  return Math.max(0, Math.ceil((range.to - firstInstant(range)) / range.every))
}

function firstInstant({ from, every }: SimulatedRange): Instant {
  return Math.ceil(from / every) * every
}
