import { InvalidArgumentError } from 'commander'
import type { Instant } from '../database/instant.ts'
import { parseTime } from '../sources/csv/time.ts'
import { LARGEST_PLANT_ID } from '../telemetry/reading.ts'

export function plantIdOption(text: string): number {
  const id = Number(text)
  if (!/^\d{1,10}$/.test(text) || id > LARGEST_PLANT_ID) {
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${LARGEST_PLANT_ID}.`)
  }
  return id
}

export function instantOption(text: string): Instant {
  const time = parseTime(text)
  if (time?.offset === undefined) {
    throw new InvalidArgumentError(
      'Expected a time with its offset, such as 2026-06-21T00:00:00Z or 2026-06-21T00:00:00+02:00.',
    )
  }
  return time.wall - time.offset
}
