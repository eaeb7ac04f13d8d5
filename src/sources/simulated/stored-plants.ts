import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { liftDecompressionLimit } from '../../telemetry/decompression.ts'
import { FIRST_SIMULATED_PLANT } from '../../telemetry/reading.ts'
import { readSources } from '../../telemetry/source-state.ts'
import type { SimulatedPlant } from './plant.ts'

/**
 * Registers the plants with name and time zone. A name that somebody gave is kept. The time zone is overwritten,
 * because the simulated sun and household depend on it.
 */
export async function registerPlants(
  kysely: Kysely<Schema>,
  plants: readonly SimulatedPlant[],
): Promise<void> {
  if (plants.length === 0) return
  await kysely
    .insertInto('solark.plant')
    .values(plants.map(({ id, name, timeZone }) => ({ id, name, time_zone: timeZone })))
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((row) => ({
        name: row.fn.coalesce('solark.plant.name', 'excluded.name'),
        time_zone: row.ref('excluded.time_zone'),
      })),
    )
    .execute()
}

/** Returns whether a server simulates plants, or did until a few seconds ago without ending in order. */
export async function isSimulating(kysely: Kysely<Schema>): Promise<boolean> {
  const sources = await readSources(kysely, [FIRST_SIMULATED_PLANT])
  return sources.some(({ kind, isHeld }) => kind === 'simulated' && isHeld)
}

/** Ids of the simulated plants that have readings or were registered. */
export async function simulatedPlantIds(kysely: Kysely<Schema>): Promise<number[]> {
  const plants = await kysely
    .selectFrom('solark.plant')
    .select('id')
    .where('id', '>=', FIRST_SIMULATED_PLANT)
    .orderBy('id')
    .execute()
  return plants.map((plant) => plant.id)
}

/**
 * Removes a plant and its readings, and returns how many readings there were. The plant stays if somebody writes
 * another reading meanwhile.
 */
export function removePlant(kysely: Kysely<Schema>, id: number): Promise<number> {
  return kysely.transaction().execute(async (transaction) => {
    await liftDecompressionLimit(transaction)
    // First: otherwise the trigger would look for the newest reading that is left after each delete.
    await transaction.deleteFrom('solark.latest').where('plant_id', '=', id).execute()
    const { numDeletedRows } = await transaction
      .deleteFrom('solark.telemetry')
      .where('plant_id', '=', id)
      .executeTakeFirstOrThrow()
    await sql`
      delete from solark.plant where id = ${id} and (
        select id from solark.telemetry where plant_id = any (array[${id}::integer])
        order by plant_id, timestamp limit 1
      ) is null`.execute(transaction)
    return Number(numDeletedRows)
  })
}
