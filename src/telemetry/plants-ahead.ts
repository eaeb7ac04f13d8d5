import { type Kysely, type RawBuilder, sql } from 'kysely'
import { isLockNotAvailable, toDatabaseFault } from '../database/faults.ts'
import type { Schema } from '../database/schema.ts'

/**
 * Registers the plants of an import before its readings are sent. Until a transaction that registered a plant commits,
 * whoever stores another reading of that plant waits for it. So plants are registered in a short transaction of their
 * own, not in that of a long import.
 *
 * Disposing deletes the plants that were registered here if they have no readings and nobody changed them, as after an
 * import that was refused. An import that is killed leaves such an empty plant behind. So does one that ends while
 * another long transaction writes readings, because that may hold readings of the plant.
 */
export interface PlantsAhead extends AsyncDisposable {
  /** Registers those of the plants that are new. A plant that cannot be registered is left to the trigger. */
  register(plantIds: Iterable<number>): Promise<void>
}

interface RegisteredPlant {
  id: number
  /** `xmin` of its row, which changes if somebody gives it a name. */
  version: string
}

/** Whoever waits may wait for a long import that registered the plant itself. */
const REGISTER_LOCK_TIMEOUT_MS = 1000
/** All writers of readings queue behind a session that waits for this lock, so the wait is short. */
const WITHDRAW_LOCK_TIMEOUT_MS = 500
const WITHDRAW_ATTEMPTS = 5

/** `kysely` must not be in the transaction of the import. Dispose it after that transaction has ended. */
export function createPlantsAhead(kysely: Kysely<Schema>): PlantsAhead {
  const known = new Set<number>()
  const registered: RegisteredPlant[] = []
  let registering: Promise<unknown> = Promise.resolve()
  let disposed = false
  const registerNew = async (plantIds: ReadonlySet<number>) => {
    registered.push(...(await insertPlants(kysely, [...plantIds])))
  }
  return {
    register: async (plantIds) => {
      const unknown = new Set<number>()
      for (const id of plantIds) if (!known.has(id)) unknown.add(id)
      if (unknown.size === 0 || disposed) return
      for (const id of unknown) known.add(id)
      const done = registerNew(unknown)
      registering = Promise.allSettled([registering, done])
      await done
    },
    [Symbol.asyncDispose]: async () => {
      disposed = true
      // An import that fails does not wait for the batch that it was preparing.
      await registering
      try {
        for (let attempt = 0; attempt < WITHDRAW_ATTEMPTS; attempt++) {
          const unused = await withoutReadings(kysely, registered)
          if (unused.length === 0 || (await withdrawPlants(kysely, unused))) return
        }
      } catch (error) {
        // The import has ended already: whether it succeeded must not depend on this.
        if (toDatabaseFault(error) === undefined) throw error
      }
    },
  }
}

/** Returns those that were new. */
async function insertPlants(
  kysely: Kysely<Schema>,
  ids: readonly number[],
): Promise<RegisteredPlant[]> {
  try {
    return await kysely.transaction().execute(async (transaction) => {
      await setLockTimeout(transaction, REGISTER_LOCK_TIMEOUT_MS)
      const { rows } = await sql<RegisteredPlant>`
        insert into solark.plant (id)
        select id from unnest(${ids}::integer[]) as plant (id) order by id
        on conflict (id) do nothing
        returning id, xmin::text as version`.execute(transaction)
      return rows
    })
  } catch (error) {
    // The triggers of solark.telemetry may register plants for a role that may not do so itself.
    const forbidden = toDatabaseFault(error)?.code === 'DATABASE_FORBIDS'
    if (forbidden || isLockNotAvailable(error)) return []
    throw error
  }
}

async function withoutReadings(
  kysely: Kysely<Schema>,
  plants: readonly RegisteredPlant[],
): Promise<RegisteredPlant[]> {
  if (plants.length === 0) return []
  // Ordered by the key, because a planner that expects many rows would read the whole table to find one.
  const { rows } = await sql<RegisteredPlant>`
    select plant.id, plant.version
    from ${asTable(plants)}
    left join lateral (
      select true as present from solark.telemetry
      where plant_id = any (array[plant.id]) order by plant_id, timestamp limit 1
    ) as reading on true
    where reading.present is null`.execute(kysely)
  return rows
}

/**
 * Deletes those of the plants that are still without readings and unchanged. Returns false if others were writing
 * readings for longer than the lock may be waited for.
 */
async function withdrawPlants(
  kysely: Kysely<Schema>,
  plants: readonly RegisteredPlant[],
): Promise<boolean> {
  try {
    await kysely.transaction().execute(async (transaction) => {
      await setLockTimeout(transaction, WITHDRAW_LOCK_TIMEOUT_MS)
      // Nobody who writes readings counts on a plant that is deleted: those who do have committed, and are seen.
      await sql`lock table only solark.telemetry in share mode`.execute(transaction)
      const unused = await withoutReadings(transaction, plants)
      await sql`
        delete from solark.plant as stored using ${asTable(unused)}
        where stored.id = plant.id and stored.xmin::text = plant.version`.execute(transaction)
    })
    return true
  } catch (error) {
    if (isLockNotAvailable(error)) return false
    throw error
  }
}

function asTable(plants: readonly RegisteredPlant[]): RawBuilder<unknown> {
  return sql`unnest(
    ${plants.map(({ id }) => id)}::integer[], ${plants.map(({ version }) => version)}::text[]
  ) as plant (id, version)`
}

async function setLockTimeout(transaction: Kysely<Schema>, milliseconds: number): Promise<void> {
  await sql`set local lock_timeout = ${sql.lit(milliseconds)}`.execute(transaction)
}
