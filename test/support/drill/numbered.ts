import type { Instant } from '../../../src/database/instant.ts'
import { quantities } from '../../../src/quantities.ts'
import { emptyReading, type Reading } from '../../../src/telemetry/reading.ts'

/** Between two readings of a series. */
const STEP: Instant = 10_000

/**
 * A reading that its plant and number decide alone: what is found in a database can be told from what was sent
 * without keeping that.
 */
export function numberedReading(plantId: number, number: number, origin: Instant): Reading {
  const seed = Math.imul(plantId * 7919 + number, 2_654_435_761) >>> 0
  return {
    ...emptyReading(plantId, origin + number * STEP),
    soc: (seed % 1001) / 10,
    batteryPower: -seed / 3,
    pvPower: seed / 997,
    loadPower: number,
    pvToLoad: seed % 2 === 0,
  }
}

/** The number of the reading at this time in its series; no whole number where it is none of it. */
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
