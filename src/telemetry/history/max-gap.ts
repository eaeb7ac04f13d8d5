import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'

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
