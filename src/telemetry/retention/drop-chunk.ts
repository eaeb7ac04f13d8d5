import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { refreshSilent } from '../refresh-latest.ts'
import type { Chunk } from './chunks.ts'
import type { Pace } from './pace.ts'
import { lockRollups, withShortLocks } from './with-lock.ts'

/**
 * Drops a chunk, with those that end before it, and answers how many readings went; undefined where a query held
 * on to it. Of the hypertable drop_chunks locks the chunk alone, so that newer readings are stored meanwhile.
 *
 * drop_chunks fires no trigger. What it takes from the counts is counted again by the next step of rolling up,
 * which has to know the chunk for that; a plant that was silent for so long loses its newest reading.
 */
export function dropChunk(
  kysely: Kysely<Schema>,
  chunk: Chunk,
  pace: Pace,
): Promise<number | undefined> {
  const until = timestamptz(chunk.until)
  return withShortLocks(kysely, pace, async (transaction) => {
    const { rows } = await sql<{ readings: number }>`
      select count(*) as readings from solark.telemetry
      where timestamp >= ${timestamptz(chunk.since)} and timestamp < ${until}`.execute(transaction)
    await lockRollups(transaction)
    await sql`
      insert into solark.counted_chunk (name, first, last)
      select chunk_name, range_start, range_end from timescaledb_information.chunks
      where hypertable_schema = 'solark' and hypertable_name = 'telemetry' and range_end <= ${until}
      on conflict do nothing`.execute(transaction)
    await sql`select drop_chunks('solark.telemetry', older_than => ${until})`.execute(transaction)
    await refreshSilent(transaction, chunk.until)
    return rows[0]?.readings ?? 0
  })
}
