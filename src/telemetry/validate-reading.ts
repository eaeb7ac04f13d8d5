import type { Instant } from '../database/instant.ts'
import { quantities } from '../quantities.ts'
import { ABSURD, LARGEST_PLANT_ID, type Reading } from './reading.ts'

const EARLIEST_READING: Instant = Date.UTC(2000, 0, 1) * 1000
const FUTURE_TOLERANCE_US = 5 * 60 * 1_000_000
/** One thing that is wrong with a reading, in the words of the API. */
export interface ReadingFault {
  field: keyof Reading
  expected: string
  got: string
}

/**
 * Checks whether a reading may be stored. Faults are a plant id or time out of range, a number that is not finite or
 * is too large, and a state of charge outside 0 to 100. Returns the first fault, or undefined.
 */
export function findReadingFault(reading: Reading, now: Instant): ReadingFault | undefined {
  const { plantId, timestamp, soc } = reading
  if (!Number.isInteger(plantId) || plantId < 0 || plantId > LARGEST_PLANT_ID) {
    return {
      field: 'plantId',
      expected: `a whole number from 0 to ${LARGEST_PLANT_ID}`,
      got: String(plantId),
    }
  }
  if (!Number.isSafeInteger(timestamp)) {
    return { field: 'timestamp', expected: 'a time', got: String(timestamp) }
  }
  if (timestamp < EARLIEST_READING || timestamp > now + FUTURE_TOLERANCE_US) {
    return {
      field: 'timestamp',
      expected: 'a time from 2000 to five minutes from now',
      got: new Date(timestamp / 1000).toISOString(),
    }
  }
  for (const { field } of quantities) {
    const value = reading[field]
    if (typeof value !== 'number') continue
    if (!Number.isFinite(value)) return { field, expected: 'a finite number', got: String(value) }
    if (Math.abs(value) >= ABSURD) {
      return { field, expected: 'a number above -1e12 and below 1e12', got: String(value) }
    }
  }
  if (soc !== null && (soc < 0 || soc > 100)) {
    return { field: 'soc', expected: 'a percentage from 0 to 100', got: String(soc) }
  }
  return undefined
}
