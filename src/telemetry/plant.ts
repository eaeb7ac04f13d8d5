import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { Fault } from '../fault.ts'
import { readingColumns } from '../quantities.ts'
import type { StoredReading } from './reading.ts'

export interface Plant {
  id: number
  name: string | null
  /** IANA name. */
  timeZone: string
  /** Its newest reading; null if it has none. */
  latest: StoredReading | null
}

/** Returns every plant, or those with the given ids, each with its newest reading, in one query. */
export async function readPlants(
  kysely: Kysely<Schema>,
  ids?: readonly number[],
): Promise<Plant[]> {
  let plants = kysely
    .selectFrom('solark.plant as plant')
    .leftJoinLateral(
      (builder) =>
        builder
          .selectFrom('solark.latest')
          .select(readingColumns)
          .whereRef('plant_id', '=', 'plant.id')
          .orderBy('timestamp', 'desc')
          .limit(1)
          .as('latest'),
      (join) => join.onTrue(),
    )
    .select(['plant.id as ownId', 'plant.name', 'plant.time_zone as timeZone'])
    .selectAll('latest')
  if (ids !== undefined) plants = plants.where(sql<boolean>`plant.id = any (${ids}::integer[])`)
  const rows = await plants.orderBy('plant.id').execute()
  return rows.map(({ ownId, name, timeZone, ...latest }) => ({
    id: ownId,
    name,
    timeZone,
    latest: isReading(latest) ? latest : null,
  }))
}

/** What the API returns for a plant that was deleted from solark.plant. */
export function unregistered(id: number): Plant {
  return { id, name: null, timeZone: 'UTC', latest: null }
}

/** A left join without a match gives null for every column. */
function isReading(row: { id: number | null }): row is StoredReading {
  return row.id !== null
}

/** Sets the name or the time zone of a plant, and registers it if it is new. What is undefined stays unchanged. */
export async function upsertPlant(
  kysely: Kysely<Schema>,
  { id, name, timeZone }: { id: number; name?: string | null; timeZone?: string | undefined },
): Promise<void> {
  if (!Number.isInteger(id) || id < 0) {
    throw new Fault('BAD_USER_INPUT', `Expected id to be 0 or more; got ${id}`, { path: ['id'] })
  }
  const changes = {
    ...(name === undefined ? {} : { name }),
    ...(timeZone === undefined ? {} : { time_zone: timeZone }),
  }
  await kysely
    .insertInto('solark.plant')
    .values({ id, ...changes })
    .onConflict((conflict) =>
      Object.keys(changes).length === 0
        ? conflict.column('id').doNothing()
        : conflict.column('id').doUpdateSet(changes),
    )
    .execute()
}

/**
 * Sets the time zone of plants that have none of their own. Does not change those that have one other than UTC, which
 * every plant starts with.
 */
export async function fillInTimeZone(
  kysely: Kysely<Schema>,
  plantIds: Iterable<number>,
  timeZone: string,
): Promise<void> {
  await sql`
    insert into solark.plant as known (id, time_zone)
    select id, ${timeZone} from unnest(${[...plantIds]}::integer[]) as plant (id)
    on conflict (id) do update set time_zone = excluded.time_zone
    where known.time_zone = 'UTC'`.execute(kysely)
}
