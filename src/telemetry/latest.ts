import { type Kysely, sql } from 'kysely'
import type { Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { timestamptz } from '../database/timestamptz.ts'
import { readingColumns } from '../quantities.ts'
import { FIRST_SIMULATED_PLANT, type StoredReading } from './reading.ts'

/** The newest reading of one plant; undefined while there is none. */
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

/** The newest reading of the plant that reported last; of simulated plants only while no real one has any. */
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

/** The newest reading of each of the given plants, or of every plant; silent ones are left out. */
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
 * For plants that were silent since `until`, after chunks before it were dropped, which fires no trigger: reads their
 * newest reading again, where the one in solark.latest is gone. Does nothing where this role may not.
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

/** Registers every plant that has readings, as the triggers do for those that come. */
export async function registerPlantsWithReadings(kysely: Kysely<Schema>): Promise<void> {
  // Jumps from plant to plant through the index.
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

/** Reads the newest reading of each plant again, or of one. */
export async function refreshLatest(kysely: Kysely<Schema>, plantId?: number): Promise<void> {
  await sql`
    select solark.refresh_latest(array(
      select id from solark.plant
      where ${plantId ?? null}::integer is null or id = ${plantId ?? null}::integer
    ))`.execute(kysely)
}
