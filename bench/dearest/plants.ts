import { note } from '../support/note.ts'
import { type BenchDatabase, query } from '../support/postgres.ts'

/** Of which each has a reading a minute for 90 days. */
export const USUAL_PLANTS = 20
/** The plant with a reading every five seconds for 30 days. */
export const DENSE_PLANT = 21
/** The plant of two devices, each of which says half of it every ten seconds in turn, for ten days. */
export const HALVES_PLANT = 22
/** How many plants there are. */
export const PLANTS = 22
/** When the readings of all plants end. */
export const UNTIL = '2026-04-01T00:00:00Z'

/** 2.6 million readings of 20 usual plants, 0.5 million of a dense one, and 0.2 million of one of two devices. */
export async function fillPlants(database: BenchDatabase): Promise<void> {
  note('dearest: writing 3.3 million readings')
  await query(database.url, seriesOf(1, USUAL_PLANTS, '90 days', '60 s'))
  await query(database.url, seriesOf(DENSE_PLANT, DENSE_PLANT, '30 days', '5 s'))
  await query(database.url, seriesOf(HALVES_PLANT, HALVES_PLANT, '10 days', '5 s'))
  await query(database.url, inHalves)
}

const inHalves = `
  update solark.telemetry set
    (soc, batt_power, batt_voltage, batt_current) =
      (select soc, batt_power, batt_voltage, batt_current where isOfBattery),
    (pv_power, pv_voltage, pv_current, load_power, grid_power, pv_to_grid, grid_to_load) =
      (select pv_power, pv_voltage, pv_current, load_power, grid_power, pv_to_grid, grid_to_load where not isOfBattery)
  where plant_id = ${HALVES_PLANT}`.replaceAll(
  'isOfBattery',
  "date_part('epoch', timestamp)::bigint % 10 = 0",
)

function seriesOf(first: number, last: number, past: string, every: string): string {
  return `
    insert into solark.telemetry (plant_id, timestamp, soc, batt_power, batt_voltage, batt_current, pv_power, pv_voltage,
      pv_current, load_power, grid_power, pv_to_grid, grid_to_load, pv_to_load, pv_to_bat, bat_to_load)
    select plant, at, 50 + 40 * sin(second / 13000), 3000 * sin(second / 7000), 52.4, 57.3 * sin(second / 7000),
      greatest(0, 6000 * sin(second / 13750)), 380.2, greatest(0, 15.8 * sin(second / 13750)),
      800 + 500 * sin(second / 91), 2000 * sin(second / 3000), 0, 0, true, false, true
    from generate_series(timestamptz '${UNTIL}' - interval '${past}', timestamptz '${UNTIL}' - interval '1 s',
        interval '${every}') as at,
      generate_series(${first}, ${last}) as plant,
      lateral (select date_part('epoch', at)::double precision as second) as clock`
}
