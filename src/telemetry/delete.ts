import type { Kysely } from 'kysely'
import type { Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { timestamptz } from '../database/timestamptz.ts'
import { deleteCounterRuns } from './counters/delete-counter-runs.ts'
import { liftDecompressionLimit } from './decompression.ts'
import { requireForwardRange } from './time-bounds.ts'

/**
 * Deletes a plant's readings from `from` until just before `to`, and returns how many there were. What its counters
 * showed in that time is deleted, too.
 */
export async function deleteReadings(
  kysely: Kysely<Schema>,
  { plantId, from, to }: { plantId: number; from: Instant; to: Instant },
): Promise<number> {
  requireForwardRange(from, to)
  return await kysely.transaction().execute(async (transaction) => {
    await liftDecompressionLimit(transaction)
    const { numDeletedRows } = await transaction
      .deleteFrom('solark.telemetry')
      .where('plant_id', '=', plantId)
      .where('timestamp', '>=', timestamptz(from))
      .where('timestamp', '<', timestamptz(to))
      .executeTakeFirstOrThrow()
    await deleteCounterRuns(transaction, { plantId, from, to })
    return Number(numDeletedRows)
  })
}
