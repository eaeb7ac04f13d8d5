import { type Kysely, sql } from 'kysely'
import { isLockNotAvailable } from '../database/faults.ts'
import type { Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { timestamptz } from '../database/timestamptz.ts'

/**
 * Makes chunks of the hypertable solark.telemetry before readings need them. Until a transaction that made a chunk
 * commits, all others that need a new chunk wait for it. So each chunk is made in a short transaction of its own, not
 * in that of a long import.
 */
export interface ChunksAhead {
  /**
   * Makes the missing chunks that readings of these times need. Does nothing on a regular table. Stops once
   * TimescaleDB has refused: then whoever writes the readings makes the chunks.
   */
  make(times: Iterable<Instant>): Promise<void>
}

/** The time range of a chunk; `until` is exclusive. */
interface ChunkSpan {
  since: Instant
  until: Instant
}

const HOUR: Instant = 3_600_000_000
/** Others queue behind a session that waits for a lock, so the wait is short. */
const LIVE_LOCK_TIMEOUT_MS = 500
const IMPORT_LOCK_TIMEOUT_MS = 5000

/** For an import. `kysely` must not be in the transaction of the import. */
export function createChunksAhead(kysely: Kysely<Schema>): ChunksAhead {
  const known: ChunkSpan[] = []
  let last: ChunkSpan = { since: 0, until: 0 }
  let goesOn = true
  const holds = (span: ChunkSpan, time: Instant) => time >= span.since && time < span.until
  return {
    make: async (times) => {
      if (!goesOn) return
      for (const time of times) {
        if (holds(last, time)) continue
        const span =
          known.find((one) => holds(one, time)) ??
          (await ensureChunk(kysely, time, IMPORT_LOCK_TIMEOUT_MS))
        if (span === undefined) {
          goesOn = false
          return
        }
        if (!known.includes(span)) known.push(span)
        last = span
      }
    },
  }
}

/**
 * Makes the chunk for now and the one after it. Returns when to call it again: when the next chunk is due, or in an
 * hour, since somebody may drop chunks, truncate the readings or convert the table into a hypertable.
 */
export async function makeLiveChunks(kysely: Kysely<Schema>, now: Instant): Promise<Instant> {
  const current = await ensureChunk(kysely, now, LIVE_LOCK_TIMEOUT_MS)
  if (current !== undefined) await ensureChunk(kysely, current.until, LIVE_LOCK_TIMEOUT_MS)
  return Math.min(current?.until ?? Number.POSITIVE_INFINITY, now + HOUR)
}

/** Returns undefined on a regular table, or if TimescaleDB refuses. */
async function ensureChunk(
  kysely: Kysely<Schema>,
  time: Instant,
  lockTimeoutMs: number,
): Promise<ChunkSpan | undefined> {
  const width = await readChunkWidth(kysely)
  if (width === undefined) return undefined
  const found = await findChunk(kysely, time)
  if (found !== undefined) return found
  try {
    return await kysely.transaction().execute(async (transaction) => {
      await sql`set local lock_timeout = ${sql.lit(lockTimeoutMs)}`.execute(transaction)
      // The lock that TimescaleDB takes to make a chunk: nobody makes one between the check and the creation.
      await sql`lock table solark.telemetry in share update exclusive mode`.execute(transaction)
      return (await findChunk(transaction, time)) ?? (await createChunk(transaction, time, width))
    })
  } catch (error) {
    if (isRefusal(error)) return undefined
    throw error
  }
}

/**
 * Returns how much time a new chunk spans; undefined if there is no hypertable, or one with more than one dimension.
 */
async function readChunkWidth(kysely: Kysely<Schema>): Promise<Instant | undefined> {
  const { rows: extensions } = await sql`
    select from pg_extension where extname = 'timescaledb'`.execute(kysely)
  if (extensions.length === 0) return undefined
  const { rows } = await sql<{ width: Instant | null }>`
    select (extract(epoch from time_interval) * 1000000)::bigint as width
    from timescaledb_information.dimensions
    where hypertable_schema = 'solark' and hypertable_name = 'telemetry'`.execute(kysely)
  return rows.length === 1 ? (rows[0]?.width ?? undefined) : undefined
}

const chunks = sql`(
  select range_start, range_end from timescaledb_information.chunks
  where hypertable_schema = 'solark' and hypertable_name = 'telemetry'
) as chunk`

async function findChunk(kysely: Kysely<Schema>, time: Instant): Promise<ChunkSpan | undefined> {
  const { rows } = await sql<ChunkSpan>`
    select range_start as since, range_end as until from ${chunks}
    where range_start <= ${timestamptz(time)} and range_end > ${timestamptz(time)}`.execute(kysely)
  return rows[0]
}

/**
 * Makes the chunk that TimescaleDB would make: it begins at a multiple of the width since 1970, and is cut if a
 * neighbour of another width overlaps it.
 */
async function createChunk(
  transaction: Kysely<Schema>,
  time: Instant,
  width: Instant,
): Promise<ChunkSpan> {
  const { rows } = await sql<{ before: Instant | null; after: Instant | null }>`
    select (select max(range_end) from ${chunks} where range_end <= ${timestamptz(time)}) as before,
      (select min(range_start) from ${chunks} where range_start > ${timestamptz(time)}) as after`.execute(
    transaction,
  )
  const start = Math.floor(time / width) * width
  const since = Math.max(start, rows[0]?.before ?? Number.NEGATIVE_INFINITY)
  const until = Math.min(start + width, rows[0]?.after ?? Number.POSITIVE_INFINITY)
  await sql`
    select from _timescaledb_functions.create_chunk('solark.telemetry',
      jsonb_build_object('timestamp', jsonb_build_array(${since}::bigint, ${until}::bigint)))`.execute(
    transaction,
  )
  return { since, until }
}

/** SQLSTATEs of a feature that the licence forbids, a missing function or schema, and missing rights. */
const REFUSED = new Set(['0A000', '42883', '3F000', '42501'])

function isRefusal(error: unknown): boolean {
  if (isLockNotAvailable(error)) return true
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string')
    return false
  // SQLSTATEs of TimescaleDB begin with TS.
  return REFUSED.has(error.code) || error.code.startsWith('TS')
}
