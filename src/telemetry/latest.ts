import { type Kysely, sql } from 'kysely'
import type { Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { timestamptz } from '../database/timestamptz.ts'
import { readingColumns } from '../quantities.ts'
import { FIRST_SIMULATED_PLANT, type StoredReading } from './reading.ts'

/** Returns the newest reading of a plant; undefined if it has none. */
export function readLatestOf(
  kysely: Kysely<Schema>,
  plantId: number,
): Promise<StoredReading | undefined> {
  return kysely
    .selectFrom('solark.latest')
    .select(readingColumns)
    .where('plant_id', '=', plantId)
    .orderBy('timestamp', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Returns the newest reading of all plants. Simulated plants count only if no real plant has a reading. */
export function readLatestOfAny(kysely: Kysely<Schema>): Promise<StoredReading | undefined> {
  return kysely
    .selectFrom('solark.latest')
    .select(readingColumns)
    .orderBy(sql`plant_id < ${sql.lit(FIRST_SIMULATED_PLANT)}`, 'desc')
    .orderBy('timestamp', 'desc')
    .orderBy('plant_id')
    .limit(1)
    .executeTakeFirst()
}

/**
 * Returns the newest reading of each of the given plants, or of every plant. Plants without a reading are left out.
 */
export function readLatestOfEach(
  kysely: Kysely<Schema>,
  plantIds?: readonly number[],
): Promise<StoredReading[]> {
  let latest = kysely.selectFrom('solark.latest').select(readingColumns)
  if (plantIds !== undefined) {
    latest = latest.where(sql<boolean>`plant_id = any (${plantIds}::integer[])`)
  }
  return latest.distinctOn('plant_id').orderBy('plant_id').orderBy('timestamp', 'desc').execute()
}

/**
 * To be called after chunks before `until` were dropped, which fires no trigger. Looks up the newest reading again of
 * plants that have sent nothing since `until` and whose reading in solark.latest is gone. Does nothing if this role
 * lacks the rights.
 */
export async function refreshSilent(kysely: Kysely<Schema>, until: Instant): Promise<void> {
  const { rows } = await sql<{ plants: number[] }>`
    select plants
    from (
      select array_agg(plant_id) as plants
      from (
        select plant_id, max(timestamp) as timestamp from solark.latest
        group by plant_id
        having max(timestamp) < ${timestamptz(until)}
      ) as newest
      where not exists (
        select from solark.telemetry as reading
        where reading.plant_id = newest.plant_id and reading.timestamp = newest.timestamp
      )
    ) as gone
    where plants is not null
      and has_function_privilege('solark.refresh_latest(integer[])', 'execute')`.execute(kysely)
  const [gone] = rows
  if (gone !== undefined)
    await sql`select solark.refresh_latest(${gone.plants}::integer[])`.execute(kysely)
}

/** Registers every plant that has readings, as the triggers do for new readings. */
export async function registerPlantsWithReadings(kysely: Kysely<Schema>): Promise<void> {
  // Jumps from plant to plant in the index.
  await sql`
    with recursive met (id) as (
      (select plant_id from solark.telemetry order by plant_id limit 1)
      union all
      select (select plant_id from solark.telemetry where plant_id > met.id order by plant_id limit 1)
      from met
      where id is not null
    )
    insert into solark.plant (id) select id from met where id is not null
    on conflict do nothing`.execute(kysely)
}

/** Looks up the newest reading of every plant again, or that of one plant. */
export async function refreshLatest(kysely: Kysely<Schema>, plantId?: number): Promise<void> {
  await sql`
    select solark.refresh_latest(array(
      select id from solark.plant
      where ${plantId ?? null}::integer is null or id = ${plantId ?? null}::integer
    ))`.execute(kysely)
}
