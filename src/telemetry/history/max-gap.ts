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
      // As in rollUp, before the moment is fixed as of which everything happens.
      await sql`lock table solark.rollup in share row exclusive mode`.execute(transaction)
      const interval = sql`${maxGap} * interval '1 millisecond'`
      // What is noted already goes as far as the old limit: of readings that are gone nothing else tells.
      await sql`
        insert into solark.telemetry_change (plant_id, first, last, readings)
        select plant_id, first - max_gap, last + max_gap, 0
        from solark.telemetry_change cross join solark.rollup
        where max_gap <> ${interval}`.execute(transaction)
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
