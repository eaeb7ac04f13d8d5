import { type InferResult, type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { Fault } from '../fault.ts'
import { readingColumns } from '../quantities.ts'
import { lockForMaintenance } from './changes/maintenance-lock.ts'
import { requirePageSize } from './page.ts'
import type { StoredReading } from './reading.ts'

export interface Plant {
  id: number
  name: string | null
  /** IANA name. */
  timeZone: string
  /** W; null: unknown. */
  ratedPower: number | null
  /** Its own gap limit in milliseconds; null: that of the server applies. */
  maxGap: number | null
  /** Its newest reading; null if it has none. */
  latest: StoredReading | null
}

/** Returns every plant, or those with the given ids, each with its newest reading, in one query. */
export async function readPlants(
  kysely: Kysely<Schema>,
  ids?: readonly number[],
): Promise<Plant[]> {
  const plants = plantsWithLatest(kysely)
  if (ids === undefined) return plantsOf(await plants.execute())
  return plantsOf(await plants.where(sql<boolean>`plant.id = any (${ids}::integer[])`).execute())
}

/**
 * Returns the first so many plants in the order of their ids, of those after the given id; without `first` all of them.
 * Throws BAD_USER_INPUT or PAGE_TOO_LARGE as `readPage` does.
 */
export async function readPlantPage(
  kysely: Kysely<Schema>,
  { first, after }: { first?: number | null | undefined; after?: number | null | undefined },
): Promise<Plant[]> {
  if (first != null) requirePageSize('first', first)
  let plants = plantsWithLatest(kysely)
  if (after != null) plants = plants.where('plant.id', '>', after)
  if (first != null) plants = plants.limit(first)
  return plantsOf(await plants.execute())
}

function plantsWithLatest(kysely: Kysely<Schema>) {
  return kysely
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
    .select([
      'plant.id as ownId',
      'plant.name',
      'plant.time_zone as timeZone',
      'plant.rated_power as ratedPower',
      sql<number | null>`round(date_part('epoch', plant.max_gap) * 1000)`.as('maxGap'),
    ])
    .selectAll('latest')
    .orderBy('plant.id')
}

type PlantRow = InferResult<ReturnType<typeof plantsWithLatest>>[number]

function plantsOf(rows: readonly PlantRow[]): Plant[] {
  return rows.map(({ ownId, name, timeZone, ratedPower, maxGap, ...latest }) => ({
    id: ownId,
    name,
    timeZone,
    ratedPower,
    maxGap,
    latest: isReading(latest) ? latest : null,
  }))
}

/** What the API returns for a plant that was deleted from solark.plant. */
export function unregistered(id: number): Plant {
  return { id, name: null, timeZone: 'UTC', ratedPower: null, maxGap: null, latest: null }
}

/** A left join without a match gives null for every column. */
function isReading(row: { id: number | null }): row is StoredReading {
  return row.id !== null
}

/** What `upsertPlant` sets of a plant. What is undefined stays unchanged. */
export interface PlantChanges {
  id: number
  name?: string | null
  timeZone?: string | undefined
  /** W, above 0; null: unknown. */
  ratedPower?: number | null
  /** Its own gap limit in whole milliseconds, from a second to a week; null: that of the server applies. */
  maxGap?: number | null
}

const MOST_RATED_POWER = 1e9
const SHORTEST_GAP_MS = 1000
const LONGEST_GAP_MS = 7 * 24 * 60 * 60_000

/**
 * Sets what is given of a plant, and registers it if it is new. If its gap limit changes, a trigger notes its readings
 * in the same transaction, so they are rolled up again. Throws `BAD_USER_INPUT` if a value is out of bounds.
 */
export async function upsertPlant(kysely: Kysely<Schema>, plant: PlantChanges): Promise<void> {
  requireBounds(plant)
  if (plant.maxGap === undefined) return await upsert(kysely, plant)
  await kysely.transaction().execute(async (transaction) => {
    // The trigger takes this lock, too. Before the row of the plant, so that nobody waits for that row meanwhile.
    await lockForMaintenance(transaction, 'wait')
    await upsert(transaction, plant)
  })
}

function requireBounds({ id, ratedPower, maxGap }: PlantChanges): void {
  if (!Number.isInteger(id) || id < 0) {
    throw new Fault('BAD_USER_INPUT', `Expected plantId to be 0 or more; got ${id}`, {
      path: ['plantId'],
    })
  }
  if (ratedPower != null && !(ratedPower > 0 && ratedPower <= MOST_RATED_POWER)) {
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected ratedPower to be above 0 W and at most 1e9 W; got ${ratedPower}`,
      { path: ['ratedPower'] },
    )
  }
  if (
    maxGap != null &&
    !(Number.isInteger(maxGap) && maxGap >= SHORTEST_GAP_MS && maxGap <= LONGEST_GAP_MS)
  ) {
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected maxGap to be whole milliseconds from PT1S to P7D; got ${maxGap / 1000} seconds`,
      { path: ['maxGap'] },
    )
  }
}

async function upsert(
  kysely: Kysely<Schema>,
  { id, name, timeZone, ratedPower, maxGap }: PlantChanges,
): Promise<void> {
  const changes = {
    ...(name === undefined ? {} : { name }),
    ...(timeZone === undefined ? {} : { time_zone: timeZone }),
    ...(ratedPower === undefined ? {} : { rated_power: ratedPower }),
    ...(maxGap === undefined ? {} : { max_gap: maxGap === null ? null : `${maxGap} milliseconds` }),
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
