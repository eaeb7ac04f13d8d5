import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { isCompressionEnabled } from '../../database/storage.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { keepCountedChunks } from '../history/reading-counts.ts'
import { refreshSilent } from '../latest.ts'
import { lockRollups, type Pace, type Patience, withShortLocks } from './pace.ts'

/** A chunk of the hypertable solark.telemetry; `until` is exclusive. */
export interface Chunk {
  /** Qualified with its schema. */
  name: string
  since: Instant
  until: Instant
  compressed: boolean
}

/** Returns the chunks that end at `cutoff` or before, the oldest first. */
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
 * Drops a chunk and those that end before it, and returns how many readings it had; undefined if queries kept it
 * locked. drop_chunks locks the chunk alone, not the hypertable, so newer readings are stored in the meantime.
 *
 * drop_chunks fires no trigger. The next step of rolling up corrects the counts, and has to know the chunk for that.
 * The newest readings of plants that were silent since are looked up again.
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
 * Sets how chunks are compressed: by plant, in the order of time, which is how they are queried. Settings that exist
 * already stay. Returns why compression could not be enabled; undefined if it is enabled.
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
    // A build without the licensed part says so only when it is called.
    if (error instanceof Error && 'code' in error && error.code === NOT_SUPPORTED) {
      return error.message
    }
    throw error
  }
}

const NOT_SUPPORTED = '0A000'

/**
 * On a regular table a statement trigger notes deletions. If somebody has converted the table, it still has that
 * trigger, whose transition table makes compression impossible.
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

/** If a chunk is written to all the time, the next run retries, an hour later. */
const PATIENCE: Patience = { attempts: 4, pauseMs: 2000 }

/**
 * Returns false if the chunk was in use during all attempts. Its readers and writers wait until it is compressed.
 *
 * compress_chunk itself takes the exclusive lock only at its end. A writer that came in the meantime then deadlocked
 * with it, after seconds of work. Taking the lock first costs at most half a second if it is not available.
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
