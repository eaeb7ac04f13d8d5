import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { FIRST_SIMULATED_PLANT } from '../../telemetry/reading.ts'

/** Takes every simulated plant and its readings away, in one transaction; answers how many of each there were. */
export function removeSimulatedPlants(
  kysely: Kysely<Schema>,
): Promise<{ plants: number; readings: number }> {
  return kysely.transaction().execute(async (transaction) => {
    // First, so that no reading that goes is a plant's newest, for which its trigger would seek the next one.
    await transaction
      .deleteFrom('solark.latest')
      .where('plant_id', '>=', FIRST_SIMULATED_PLANT)
      .execute()
    const readings = await transaction
      .deleteFrom('solark.telemetry')
      .where('plant_id', '>=', FIRST_SIMULATED_PLANT)
      .executeTakeFirstOrThrow()
    const plants = await transaction
      .deleteFrom('solark.plant')
      .where('id', '>=', FIRST_SIMULATED_PLANT)
      .executeTakeFirstOrThrow()
    return { plants: Number(plants.numDeletedRows), readings: Number(readings.numDeletedRows) }
  })
}
