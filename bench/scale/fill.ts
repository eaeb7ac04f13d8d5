import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { rollUp } from '../../src/telemetry/history/roll-up.ts'
import { note } from '../support/note.ts'
import { type BenchDatabase, openClient, query } from '../support/postgres.ts'

export const EVERY_MINUTES = 5
const HOURS_A_STATEMENT = 3

/** A reading with its indexes, 236 bytes, and its share of tiles and notes, measured. */
const BYTES_A_READING = 430
/** What is left free, and for the log of PostgreSQL. */
const SPARE_BYTES = 4 * 2 ** 30

/** What was stored before the measurement. */
export interface Filling {
  plants: number
  days: number
  readings: number
  /** Seconds that storing, and then rolling up took. */
  storing: number
  rollingUp: number
}

/** So many whole days, at most `days`, of so many plants fit the disk; throws if not one does. */
export async function daysThatFit(plants: number, days: number): Promise<number> {
  const { bavail, bsize } = await statfs(tmpdir())
  const room = bavail * bsize - SPARE_BYTES
  const fit = Math.floor(room / (plants * readingsOf(1) * BYTES_A_READING))
  if (fit >= 1) return Math.min(days, fit)
  throw new Error(`Expected room for a day of ${plants} plants in ${tmpdir()}, got ${room} bytes`)
}

/** Of a plant. */
function readingsOf(days: number): number {
  return (days * 24 * 60) / EVERY_MINUTES
}

/**
 * Gives plants 1 to `plants` a reading every five minutes up to now, and rolls them up. They are stored in the order in
 * which they would have arrived, so that those of one plant are as far apart on the disk as they would be.
 */
export async function fillPlants(
  database: BenchDatabase,
  { plants, days, signal }: { plants: number; days: number; signal: AbortSignal },
): Promise<Filling> {
  const start = performance.now()
  await using client = await openClient(database.url)
  await client.query('set synchronous_commit = off')
  for (let hour = days * 24; hour > 0; hour -= HOURS_A_STATEMENT) {
    signal.throwIfAborted()
    note(`scale: ${plants} plants, ${hour} hours to store`)
    await client.query(readingsBetween(plants, hour, hour - HOURS_A_STATEMENT))
  }
  const stored = performance.now()
  let next: number | undefined
  for (let quarters = 0, more = true; more; ) {
    signal.throwIfAborted()
    const step = await rollUp(database.kysely, next)
    quarters += step?.quarters ?? 0
    more = step?.more ?? true
    next = step?.next
    note(`scale: ${plants} plants, ${quarters} quarters of an hour rolled up`)
  }
  const rolledUp = performance.now()
  await query(database.url, 'vacuum analyze')
  note('')
  return {
    plants,
    days,
    readings: plants * readingsOf(days),
    storing: (stored - start) / 1000,
    rollingUp: (rolledUp - stored) / 1000,
  }
}

/** Stores the readings from `from` to `to` hours ago, in one commit. */
function readingsBetween(plants: number, from: number, to: number): string {
  return `
    insert into solark.telemetry (plant_id, timestamp, soc, batt_power, batt_voltage, batt_current, pv_power,
      pv_voltage, pv_current, load_power, grid_power, pv_to_load, pv_to_bat, bat_to_load)
    select plant, at, 50 + 40 * sin(second / 13000), 3000 * sin(second / 7000), 52.4, 57.3 * sin(second / 7000),
      greatest(0, 6000 * sin(second / 13750)), 380.2, greatest(0, 15.8 * sin(second / 13750)),
      800 + 500 * sin(second / 91), 2000 * sin(second / 3000), true, false, true
    from generate_series(
        date_bin('5 minutes', now(), '2000-01-01Z') - interval '${from} hours',
        date_bin('5 minutes', now(), '2000-01-01Z') - interval '${to} hours' - interval '1 second',
        interval '${EVERY_MINUTES} minutes') as at,
      generate_series(1, ${plants}) as plant,
      lateral (select date_part('epoch', at)::double precision + plant * 60 as second) as clock`
}
