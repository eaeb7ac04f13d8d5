import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { SimulatedPlant } from './plant.ts'

/**
 * Makes the plants known with name and time zone. A name that somebody gave stays; the time zone does not, as the
 * simulated sun and household go by it.
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
