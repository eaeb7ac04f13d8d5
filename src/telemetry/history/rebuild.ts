import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { hourOf } from '../changes/changed-quarters.ts'
import { gapLimit, joinPlant } from '../changes/gap-limit.ts'
import { lockForMaintenance, withMaintenanceLock } from '../changes/maintenance-lock.ts'
import {
  forgetNotedCounts,
  noteAll,
  notes,
  noteTimesOf,
  timesOfReadings,
} from '../changes/notes.ts'
import { rollupState } from '../changes/rollup-state.ts'
import { refreshLatest, registerPlantsWithReadings } from '../latest.ts'
import { recountChunks } from './reading-counts.ts'
import { verifyTotal } from './verify-counts.ts'

/**
 * Notes everything, or one plant, to be rolled up again: its readings, and its tiles, which disappear if they have no
 * readings. History that outlasts its readings stays. Newest readings are looked up again. Without a plant, all
 * readings are counted, too, which takes some seconds for millions. Returns false, and notes nothing, if another
 * process is doing maintenance.
 */
export async function noteRebuild(kysely: Kysely<Schema>, plantId?: number): Promise<boolean> {
  const noted = await withMaintenanceLock(kysely, async (transaction) => {
    // Before the tiles are noted: this freezes tiles whose readings were dropped with their chunks.
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
 * Counts all readings again if the total is not the sum of the hours. That is so after the data of a dump, without its
 * schema, was restored into a database that had the schema. Returns whether it counted.
 */
export async function repairCounts(kysely: Kysely<Schema>): Promise<boolean> {
  if ((await verifyTotal(kysely)).length === 0) return false
  const mended = await withMaintenanceLock(kysely, async (transaction) => {
    if ((await verifyTotal(transaction)).length === 0) return false
    await recountChunks(transaction)
    await countAll(transaction)
    return true
  })
  return mended ?? false
}

/** Includes what was noted until now; what is written in the meantime stays noted. */
async function countAll(transaction: Kysely<Schema>): Promise<void> {
  await sql`delete from solark.reading_count`.execute(transaction)
  await sql`
    insert into solark.reading_count (hour, readings)
    select ${hourOf(sql`timestamp`)}, count(*) from solark.telemetry group by 1`.execute(
    transaction,
  )
  await sql`
    update ${rollupState}
    set readings = coalesce((select sum(readings) from solark.reading_count), 0)`.execute(
    transaction,
  )
  await forgetNotedCounts(transaction)
}

async function noteTiles(transaction: Kysely<Schema>, plantId: number | undefined): Promise<void> {
  await noteTimesOf(
    transaction,
    sql`
      select plant_id, min(start), max(stop) - interval '1 microsecond'
      from (
        select plant_id, start, start + interval '15 minutes' as stop from solark.rollup_quarter
        union all
        select plant_id, start, start + interval '1 hour' from solark.rollup_hour
      ) as tile
      where ${plantId ?? null}::integer is null or plant_id = ${plantId ?? null}::integer
      group by plant_id`,
  )
}

/**
 * Changes the gap limit of plants without their own, in milliseconds, and notes their readings to be rolled up with it.
 * Returns false if it was that already. Plants with a limit of their own stay as they are; a trigger does the same for
 * those (migrations/functions/note_gap_limit.sql).
 */
export function setMaxGap(kysely: Kysely<Schema>, maxGap: number): Promise<boolean> {
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (transaction) => {
      await lockForMaintenance(transaction, 'wait')
      const interval = sql`${maxGap} * interval '1 millisecond'`
      const { rows } = await sql`
        select from ${rollupState} where max_gap <> ${interval}`.execute(transaction)
      if (rows.length === 0) return false
      await widenNotes(transaction)
      await sql`update ${rollupState} set max_gap = ${interval}`.execute(transaction)
      await noteTimesOf(transaction, timesOfReadings(sql`plant.max_gap is null`))
      return true
    })
}

/** The line to a deleted reading was at most as long as the old limit, and nothing else tells where it was. */
async function widenNotes(transaction: Kysely<Schema>): Promise<void> {
  await noteTimesOf(
    transaction,
    sql`
      select plant_id, min(first - ${gapLimit}), max(last + ${gapLimit})
      from ${notes}
      cross join ${rollupState}
      ${joinPlant(sql`plant_id`)}
      where plant.max_gap is null
      group by plant_id`,
  )
}

/**
 * Whether there are readings although none is counted, or no plant has a newest one. That is so if somebody writes
 * without the triggers, or made them believe that all readings are deleted. Reads at most one reading.
 */
export async function readsAsEmpty(kysely: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql`
    select from ${rollupState}
    where not exists (select from solark.latest)
      or readings + (select coalesce(sum(readings), 0) from ${notes}) <= 0`.execute(kysely)
  if (rows.length === 0) return false
  const { rows: readings } = await sql`select from solark.telemetry limit 1`.execute(kysely)
  return readings.length > 0
}
