import { type Kysely, sql } from 'kysely'
import { formatInstant, type Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { readingColumns } from '../quantities.ts'
import { parsePlantId, type StoredReading } from './reading.ts'

/** What identifies a reading: no plant has two of one instant. */
export interface ReadingKey {
  plantId: number
  timestamp: Instant
}

/** Writes a key as text, exact to the microsecond. */
export function formatReadingKey({ plantId, timestamp }: ReadingKey): string {
  return `${plantId}.${timestamp}`
}

/** Returns undefined if `formatReadingKey` writes no such text. */
export function parseReadingKey(text: string): ReadingKey | undefined {
  const match = /^(\d+)\.(0|-?[1-9]\d{0,15})$/.exec(text)
  const plantId = parsePlantId(match?.[1] ?? '')
  return plantId === undefined ? undefined : { plantId, timestamp: Number(match?.[2]) }
}

/** Returns the readings of the given keys in their order, in one query; undefined for one that does not exist. */
export async function readReadings(
  kysely: Kysely<Schema>,
  keys: readonly ReadingKey[],
): Promise<(StoredReading | undefined)[]> {
  const plantIds = keys.map(({ plantId }) => plantId)
  const instants = keys.map(({ timestamp }) => formatInstant(timestamp))
  // Laterally, so that each is looked up in the index of its own chunk.
  const readings = await kysely
    .selectFrom(
      sql<{ at: Instant; of: number }>`
        (select distinct * from unnest(${plantIds}::integer[], ${instants}::timestamptz[]))`.as<'given'>(
        sql`given ("of", at)`,
      ),
    )
    .innerJoinLateral(
      (builder) =>
        builder
          .selectFrom('solark.telemetry')
          .select(readingColumns)
          .whereRef('plant_id', '=', 'given.of')
          .whereRef('timestamp', '=', 'given.at')
          .limit(1)
          .as('reading'),
      (join) => join.onTrue(),
    )
    .selectAll('reading')
    .execute()
  const byKey = new Map(readings.map((reading) => [formatReadingKey(reading), reading]))
  return keys.map((key) => byKey.get(formatReadingKey(key)))
}
