import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'

/** Milliseconds; the default of MAX_GAP. */
export const DEFAULT_MAX_GAP = 15 * 60_000

/**
 * Changes the gap limit of the rollups, and notes all readings to be rolled up with it. Answers false where it was
 * that already. Milliseconds.
 */
export function setMaxGap(kysely: Kysely<Schema>, maxGap: number): Promise<boolean> {
  return kysely.transaction().execute(async (transaction) => {
    const interval = sql`${maxGap} * interval '1 millisecond'`
    const { numAffectedRows } = await sql`
      update solark.rollup set max_gap = ${interval} where max_gap <> ${interval}`.execute(
      transaction,
    )
    if (numAffectedRows === 0n) return false
    await noteAll(transaction)
    return true
  })
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
