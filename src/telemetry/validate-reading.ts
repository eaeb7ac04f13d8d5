import type { Instant } from '../database/instant.ts'
import { LARGEST_PLANT_ID, type Reading } from './reading.ts'

const EARLIEST_READING: Instant = Date.UTC(2000, 0, 1) * 1000
const FUTURE_TOLERANCE_US = 5 * 60 * 1_000_000
/** Why a reading cannot be stored, in the words of the API. */
export interface ReadingFault {
  field: 'plantId' | 'timestamp'
  expected: string
  got: string
}

/**
 * Checks whether a reading can be stored: whether its plant id and its time are in range. Returns the first fault, or
 * undefined. Its values are the matter of `correctValues`.
 */
export function findReadingFault(reading: Reading, now: Instant): ReadingFault | undefined {
  const { plantId, timestamp } = reading
  if (!Number.isInteger(plantId) || plantId < 0 || plantId > LARGEST_PLANT_ID) {
    return {
      field: 'plantId',
      expected: `a whole number from 0 to ${LARGEST_PLANT_ID}`,
      got: String(plantId),
    }
  }
  return findTimeFault(timestamp, now)
}

/** Checks whether something can have been measured at a time. Returns what is wrong, or undefined. */
export function findTimeFault(timestamp: Instant, now: Instant): ReadingFault | undefined {
  const isInRange = timestamp >= EARLIEST_READING && timestamp <= now + FUTURE_TOLERANCE_US
  if (isInRange && Number.isSafeInteger(timestamp)) return undefined
  const date = new Date(timestamp / 1000)
  return {
    field: 'timestamp',
    expected: 'a time from 2000 to five minutes from now',
    got: Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString(),
  }
}
