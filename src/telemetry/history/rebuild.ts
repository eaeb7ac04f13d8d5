import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { refreshLatest, registerPlantsWithReadings } from '../refresh-latest.ts'
import { hourOf } from './change.ts'
import { recountChunks } from './counted-chunks.ts'
import { asMaintainer } from './maintainer.ts'
import { noteAll } from './max-gap.ts'
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
