import { type Kysely, sql } from 'kysely'
import { formatInstant, type Instant } from '../../../src/database/instant.ts'
import type { Schema } from '../../../src/database/schema.ts'
import { readCounts } from '../../../src/telemetry/history/reading-counts.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'

export const DAY: Instant = 24 * 3600 * 1_000_000
export const HOUR: Instant = DAY / 24
export const MINUTE: Instant = HOUR / 60

/** Midnight of UTC so many days ago. */
export function daysAgo(days: number): Instant {
  const today = Math.floor((Date.now() * 1000) / DAY) * DAY
  return today - days * DAY
}

export interface Sample {
  plantId: number
  timestamp: Instant
  power: number
}

/** Stores readings in one statement. Existing ones stay. */
export async function store(kysely: Kysely<Schema>, samples: readonly Sample[]): Promise<void> {
  await sql`
    insert into solark.telemetry (plant_id, timestamp, pv_power, grid_power)
    select plant_id, timestamp, abs(power), power
    from unnest(
      ${samples.map(({ plantId }) => plantId)}::integer[],
      ${samples.map(({ timestamp }) => formatInstant(timestamp))}::timestamptz[],
      ${samples.map(({ power }) => power)}::double precision[]
    ) as sample (plant_id, timestamp, power)
    on conflict do nothing`.execute(kysely)
}

/**
 * A reading of each plant in regular steps, from so many days ago to so many days ago. None is at midnight, so that
 * the line crosses it.
 */
export function course(
  plants: readonly number[],
  { from, to, every }: { from: number; to: number; every: Instant },
): Sample[] {
  const samples: Sample[] = []
  for (let timestamp = daysAgo(from) + every / 2; timestamp < daysAgo(to); timestamp += every) {
    for (const plantId of plants) {
      const power = Math.round(5000 * Math.sin(timestamp / HOUR + plantId))
      samples.push({ plantId, timestamp, power })
    }
  }
  return samples
}

export async function rollUpAll(kysely: Kysely<Schema>): Promise<void> {
  while ((await rollUp(kysely))?.more !== false) {}
}

/** Returns the count, after checking that it equals the number of readings. */
export async function countExactly(kysely: Kysely<Schema>): Promise<number> {
  const { total, lastDay } = await readCounts(kysely)
  const { rows } = await sql<{ total: number; lastDay: number }>`
    select count(*) as total,
      count(*) filter (where timestamp > now() - interval '24 hours') as "lastDay"
    from solark.telemetry`.execute(kysely)
  const [exact] = rows
  if (exact?.total !== total || exact.lastDay !== lastDay) {
    throw new Error(
      `Counted ${total} and ${lastDay}, there are ${exact?.total} and ${exact?.lastDay}`,
    )
  }
  return total
}
