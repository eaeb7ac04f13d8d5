import type { Kysely } from 'kysely'
import { formatInstant, type Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { timestamptz } from '../database/timestamptz.ts'
import { Fault } from '../fault.ts'

/** Removes a plant's readings from `from` to just before `to`, and answers how many there were. */
export async function deleteReadings(
  kysely: Kysely<Schema>,
  { plantId, from, to }: { plantId: number; from: Instant; to: Instant },
): Promise<number> {
  if (from > to) {
    throw new Fault(
      'INVALID_RANGE',
      `Expected from to be before to; got ${formatInstant(from)} to ${formatInstant(to)}`,
      { path: ['from'] },
    )
  }
  const { numDeletedRows } = await kysely
    .deleteFrom('solark.telemetry')
    .where('plant_id', '=', plantId)
    .where('timestamp', '>=', timestamptz(from))
    .where('timestamp', '<', timestamptz(to))
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
