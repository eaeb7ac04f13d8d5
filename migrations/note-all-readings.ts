import { type Kysely, sql } from 'kysely'

/**
 * Notes the readings of every plant to be rolled up. Until that is done, queries use the readings. Returns how many
 * there are, in digits; undefined if there are none.
 */
export async function noteAllReadings(db: Kysely<unknown>): Promise<string | undefined> {
  const { rows } = await sql<{ readings: string }>`
    with noted as (
      insert into solark.telemetry_change (plant_id, first, last, readings)
      select plant.id, oldest.timestamp, newest.timestamp, 0
      from solark.plant
      cross join lateral (
        select timestamp from solark.telemetry where plant_id = plant.id order by timestamp limit 1
      ) as oldest
      cross join lateral (
        select timestamp from solark.telemetry where plant_id = plant.id order by timestamp desc limit 1
      ) as newest
    )
    select readings from solark.rollup where readings > 0`.execute(db)
  return rows[0]?.readings
}
