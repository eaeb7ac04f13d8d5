import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { isCompressionEnabled } from '../../database/storage.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { keepCountedChunks } from '../history/reading-counts.ts'
import { refreshSilent } from '../latest.ts'
import { lockRollups, type Pace, type Patience, withShortLocks } from './pace.ts'

/** A chunk of the hypertable solark.telemetry, from `since` to before `until`. */
export interface Chunk {
  /** With its schema. */
  name: string
  since: Instant
  until: Instant
  compressed: boolean
}

/** Chunks that end at `cutoff` or before, the oldest first. */
export async function chunksBefore(kysely: Kysely<Schema>, cutoff: Instant): Promise<Chunk[]> {
  const { rows } = await sql<Chunk>`
    select format('%I.%I', chunk_schema, chunk_name) as name, range_start as since, range_end as until,
      is_compressed as compressed
    from timescaledb_information.chunks
    where hypertable_schema = 'solark' and hypertable_name = 'telemetry'
      and range_end <= ${timestamptz(cutoff)}
    order by range_end, range_start`.execute(kysely)
  return rows
}

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
    await keepCountedChunks(transaction, chunk.until)
    await sql`select drop_chunks('solark.telemetry', older_than => ${until})`.execute(transaction)
    await refreshSilent(transaction, chunk.until)
    return rows[0]?.readings ?? 0
  })
}

/**
 * Says how chunks are compressed: by plant, in the order of time, since that is how they are asked for. Whatever
 * somebody has said before stays. Answers why it could not be done, undefined where it was.
 */
export async function enableCompression(
  kysely: Kysely<Schema>,
  pace: Pace,
): Promise<string | undefined> {
  if (await isCompressionEnabled(kysely)) return undefined
  try {
    const done = await withShortLocks(kysely, pace, async (transaction) => {
      await noteDeletionsByRow(transaction)
      await sql`
        alter table solark.telemetry set (timescaledb.compress,
          timescaledb.compress_segmentby = 'plant_id', timescaledb.compress_orderby = 'timestamp')`.execute(
        transaction,
      )
      return true
    })
    return done ? undefined : 'solark.telemetry is in use'
  } catch (error) {
    // A build without the part under that licence tells only when it is asked.
    if (error instanceof Error && 'code' in error && error.code === NOT_SUPPORTED) {
      return error.message
    }
    throw error
  }
}

const NOT_SUPPORTED = '0A000'

/**
 * Of a regular table deletions are noted by the statement; who made a hypertable of it has that trigger still, and its
 * transition table makes compression impossible.
 */
async function noteDeletionsByRow(transaction: Kysely<Schema>): Promise<void> {
  const { rows } = await sql`
    select from pg_trigger
    where tgrelid = 'solark.telemetry'::regclass and tgname = 'rollup_deleted' and tgoldtable is not null`.execute(
    transaction,
  )
  if (rows.length === 0) return
  await sql`
    create or replace trigger rollup_deleted after delete on solark.telemetry
    for each row execute function solark.note_row_deleted()`.execute(transaction)
}

/** A chunk that is written to all the time is for the next run, an hour later. */
const PATIENCE: Patience = { attempts: 4, pauseMs: 2000 }

/**
 * Answers false where the chunk was in use all the while. Whoever reads or writes it waits until it is compressed.
 *
 * compress_chunk takes that lock at its end: a writer of the chunk that came meanwhile waits for it, and it for the
 * writer, so that seconds of work ended in a deadlock. Taken first, it costs half a second where it cannot be had.
 */
export async function compressChunk(
  kysely: Kysely<Schema>,
  chunk: Chunk,
  pace: Pace,
): Promise<boolean> {
  const done = await withShortLocks(
    kysely,
    pace,
    async (transaction) => {
      await sql`lock table ${sql.raw(chunk.name)} in access exclusive mode`.execute(transaction)
      await sql`select compress_chunk(${chunk.name}::regclass, if_not_compressed => true)`.execute(
        transaction,
      )
      return true
    },
    PATIENCE,
  )
  return done ?? false
}
