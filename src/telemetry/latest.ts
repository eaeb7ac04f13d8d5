import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
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
