import type { Instant } from '../../../src/database/instant.ts'
import { quantities } from '../../../src/quantities.ts'
import { emptyReading, type Reading } from '../../../src/telemetry/reading.ts'

/** The time between two readings of a series. */
const STEP: Instant = 10_000

/**
 * A reading that follows from its plant and number, so that what is in a database can be checked without keeping what
 * was sent.
 */
export function numberedReading(plantId: number, number: number, origin: Instant): Reading {
  const seed = Math.imul(plantId * 7919 + number, 2_654_435_761) >>> 0
  return {
    ...emptyReading(plantId, origin + number * STEP),
    soc: (seed % 1001) / 10,
    batteryPower: -(seed % 1_000_000) / 3,
    pvPower: seed / 997,
    // No whole number, which could be what a register shows that overflowed.
    loadPower: number + 0.5,
    pvToLoad: seed % 2 === 0,
  }
}

/** The number in its series of the reading at this time; not a whole number if it is not in the series. */
export function numberAt(timestamp: Instant, origin: Instant): number {
  return (timestamp - origin) / STEP
}

export function isSame(one: Reading, other: Reading): boolean {
  return (
    one.plantId === other.plantId &&
    one.timestamp === other.timestamp &&
    quantities.every(({ field }) => one[field] === other[field])
  )
}
