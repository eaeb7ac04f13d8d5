import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { hourOf } from '../changes/changed-quarters.ts'
import { asMaintainer } from '../changes/maintenance-lock.ts'
import { refreshLatest, registerPlantsWithReadings } from '../refresh-latest.ts'
import { recountChunks } from './reading-counts.ts'
import { verifyTotal } from './verify-counts.ts'

/**
 * Notes everything to be rolled up anew, or what is of one plant: its readings, and its tiles, which go where there
 * are no readings; what outlasts its readings stays. The newest reading is looked up again, and without a plant all
 * readings are counted, too: some seconds for millions. Answers false where another process is at it, and notes nothing.
 */
export async function noteRebuild(kysely: Kysely<Schema>, plantId?: number): Promise<boolean> {
  const noted = await asMaintainer(kysely, async (transaction) => {
    // Before tiles are noted whose readings went with their chunks: it freezes those.
    await recountChunks(transaction)
    if (plantId === undefined) {
      await registerPlantsWithReadings(transaction)
      await countAll(transaction)
    }
    await noteAll(transaction, plantId)
    await noteTiles(transaction, plantId)
    return true
  })
  if (noted === undefined) return false
  await refreshLatest(kysely, plantId)
  return true
}

/**
 * Counts all readings again where what is counted of all is not what is counted by hours, such as where the data of a
 * dump, but not its schema, came to a database that had the schema. Answers whether it did.
 */
export async function mendCounts(kysely: Kysely<Schema>): Promise<boolean> {
  if ((await verifyTotal(kysely)).length === 0) return false
  const mended = await asMaintainer(kysely, async (transaction) => {
    if ((await verifyTotal(transaction)).length === 0) return false
    await recountChunks(transaction)
    await countAll(transaction)
    return true
  })
  return mended ?? false
}

/** What was noted until now is counted with it; what is written meanwhile stays noted. */
async function countAll(transaction: Kysely<Schema>): Promise<void> {
  await sql`delete from solark.reading_count`.execute(transaction)
  await sql`
    insert into solark.reading_count (hour, readings)
    select ${hourOf(sql`timestamp`)}, count(*) from solark.telemetry group by 1`.execute(
    transaction,
  )
  await sql`
    update solark.rollup
    set readings = coalesce((select sum(readings) from solark.reading_count), 0)`.execute(
    transaction,
  )
  await sql`update solark.telemetry_change set readings = 0 where readings <> 0`.execute(
    transaction,
  )
}

async function noteTiles(transaction: Kysely<Schema>, plantId: number | undefined): Promise<void> {
  await sql`
    insert into solark.telemetry_change (plant_id, first, last, readings)
    select plant_id, min(start), max(stop) - interval '1 microsecond', 0
    from (
      select plant_id, start, start + interval '15 minutes' as stop from solark.rollup_quarter
      union all
      select plant_id, start, start + interval '1 hour' from solark.rollup_hour
    ) as tile
    where ${plantId ?? null}::integer is null or plant_id = ${plantId ?? null}::integer
    group by plant_id`.execute(transaction)
}

/**
 * Changes the gap limit of the rollups, and notes all readings to be rolled up with it. Answers false where it was
 * that already. Milliseconds.
 */
export function setMaxGap(kysely: Kysely<Schema>, maxGap: number): Promise<boolean> {
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (transaction) => {
      // The readings first, and both before the moment is fixed, as in maintainer.ts.
      await sql`lock table solark.telemetry in access share mode`.execute(transaction)
      await sql`lock table solark.rollup in share row exclusive mode`.execute(transaction)
      const interval = sql`${maxGap} * interval '1 millisecond'`
      const { rows } = await sql`
        select from solark.rollup where max_gap <> ${interval}`.execute(transaction)
      if (rows.length === 0) return false
      await widenNotes(transaction)
      await sql`update solark.rollup set max_gap = ${interval}`.execute(transaction)
      await noteAll(transaction)
      return true
    })
}

/** The line to a reading that is gone was as long as the old limit allows, and nothing else tells where it was. */
async function widenNotes(transaction: Kysely<Schema>): Promise<void> {
  await sql`
    insert into solark.telemetry_change (plant_id, first, last, readings)
    select plant_id, min(first - max_gap), max(last + max_gap), 0
    from solark.telemetry_change
    cross join solark.rollup
    group by plant_id`.execute(transaction)
}

/** Notes all readings, or those of one plant, to be rolled up anew; tiles beyond them stay. */
export async function noteAll(kysely: Kysely<Schema>, plantId?: number): Promise<void> {
  await sql`
    insert into solark.telemetry_change (plant_id, first, last, readings)
    select plant.id, oldest.timestamp, newest.timestamp, 0
    from solark.plant
    cross join lateral (
      select timestamp from solark.telemetry where plant_id = plant.id order by timestamp limit 1
    ) as oldest
    cross join lateral (
      select timestamp from solark.telemetry where plant_id = plant.id order by timestamp desc limit 1
    ) as newest
    where ${plantId ?? null}::integer is null or plant.id = ${plantId ?? null}::integer`.execute(
    kysely,
  )
}

/**
 * Whether there are readings though none is counted, or the newest of no plant is kept: whoever writes without the
 * triggers, or made them believe that all readings are gone, leaves it so. Reads one reading at most.
 */
export async function readsAsEmpty(kysely: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql`
    select from solark.rollup
    where not exists (select from solark.latest)
      or readings + (select coalesce(sum(readings), 0) from solark.telemetry_change) <= 0`.execute(
    kysely,
  )
  if (rows.length === 0) return false
  const { rows: readings } = await sql`select from solark.telemetry limit 1`.execute(kysely)
  return readings.length > 0
}
