import { note } from '../support/note.ts'
import { query } from '../support/postgres.ts'

export const PLANTS = 5
const MINUTES = 365 * 24 * 60

/** 2.6 million readings: a year of five plants by the minute, up to now. */
export async function stock(url: string, signal: AbortSignal): Promise<void> {
  for (let plant = 1; plant <= PLANTS; plant++) {
    signal.throwIfAborted()
    note(`attack: readings of plant ${plant} of ${PLANTS}`)
    await query(
      url,
      `insert into solark.telemetry (plant_id, timestamp, soc, batt_power, pv_power, load_power, grid_power, batt_voltage)
        select ${plant}, date_trunc('minute', now()) - minute * interval '1 minute',
          50 + 40 * sin(minute / 217.0), 3000 * sin(minute / 117.0), greatest(0, 6000 * sin(minute / 229.0)),
          800 + 500 * sin(minute / 7.0), 2000 * sin(minute / 50.0), 52
        from generate_series(0, ${MINUTES - 1}) as minute order by minute desc`,
    )
  }
  note('attack: vacuum')
  await query(url, 'vacuum analyze')
}
