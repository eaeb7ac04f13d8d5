import { sql, type Transaction } from 'kysely'
import type { Session } from '../database/database.ts'
import type { Schema } from '../database/schema.ts'
import type { ChunksAhead } from './chunks-ahead.ts'
import { type CopyChunk, copyChunk, copyChunksOf } from './copy.ts'
import { liftDecompressionLimit } from './decompression.ts'
import type { OnDuplicate } from './duplicates.ts'
import type { PlantsAhead } from './plants-ahead.ts'
import type { Reading } from './reading.ts'
import type { RecordOutcome } from './record.ts'
import { requireSchema } from './schema-ready.ts'
import { createStaging, mergeChunk } from './staging.ts'

export interface LoadOptions {
  /** KEEP: the first of the input wins, REPLACE: the last. */
  onDuplicate: OnDuplicate
  /** Without it the transaction creates the chunks, and all writers that need a new chunk wait until it ends. */
  chunksAhead?: ChunksAhead | undefined
  /** Without it the transaction registers new plants, and all other writers of their readings wait until it ends. */
  plantsAhead?: PlantsAhead | undefined
  /** Called after each chunk with the number of readings so far. */
  onProgress?: ((received: number) => void) | undefined
}

const MANY = 500_000

/** Stores any number of readings, all or none, in constant memory; the fast way for more than a few thousand. */
export function loadReadings(
  session: Session,
  readings: AsyncIterable<readonly Reading[]>,
  options: LoadOptions,
): Promise<RecordOutcome> {
  return session.kysely
    .transaction()
    .execute((transaction) => loadWithin(session, transaction, readings, options))
}

/**
 * The same inside a transaction of the session, which the caller ends.
 *
 * A chunk goes straight into the table as long as nothing of it is there already: half the work of a merge.
 * The first duplicate takes it back, and it is merged from a staging table, as are the chunks that follow
 * while they hold duplicates. The table's key decides, so that other writers cannot come in between.
 */
export async function loadWithin(
  session: Session,
  transaction: Transaction<Schema>,
  readings: AsyncIterable<readonly Reading[]>,
  options: LoadOptions,
): Promise<RecordOutcome> {
  await requireSchema(transaction)
  await liftDecompressionLimit(transaction)
  await createStaging(transaction)
  const outcome: RecordOutcome = { received: 0, inserted: 0, duplicates: 0, conflicts: 0 }
  let expectDuplicates = false
  for await (const chunk of prefetch(copyChunksOf(afterPlantsAndChunks(readings, options)))) {
    outcome.received += chunk.rows
    if (!expectDuplicates && (await insertChunk(session, transaction, chunk))) {
      outcome.inserted += chunk.rows
    } else {
      const merged = await mergeChunk(session, transaction, chunk, options.onDuplicate)
      outcome.inserted += merged.inserted
      outcome.duplicates += merged.duplicates
      outcome.conflicts += merged.conflicts
      expectDuplicates = merged.duplicates > 0
    }
    options.onProgress?.(outcome.received)
  }
  // Autovacuum comes round once a minute; until then the planner would read so large a table from end to end.
  if (outcome.inserted >= MANY) await sql`analyze solark.telemetry`.execute(transaction)
  return outcome
}

async function* afterPlantsAndChunks(
  readings: AsyncIterable<readonly Reading[]>,
  { chunksAhead, plantsAhead }: LoadOptions,
): AsyncGenerator<readonly Reading[], void, undefined> {
  for await (const batch of readings) {
    await plantsAhead?.register(batch.map(({ plantId }) => plantId))
    await chunksAhead?.make(batch.map(({ timestamp }) => timestamp))
    yield batch
  }
}

/** Answers whether all of the chunk was stored, or, because of a duplicate, nothing. */
async function insertChunk(
  session: Session,
  transaction: Transaction<Schema>,
  chunk: CopyChunk,
): Promise<boolean> {
  await sql`savepoint chunk`.execute(transaction)
  try {
    await copyChunk(session, 'solark.telemetry', chunk)
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    await sql`rollback to savepoint chunk`.execute(transaction)
    await sql`release savepoint chunk`.execute(transaction)
    return false
  }
  await sql`release savepoint chunk`.execute(transaction)
  return true
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
}

/**
 * Fetches the next value while the caller works on the one before. A caller that stops early does not wait
 * for the value under way: whoever owns the source ends it.
 */
export async function* prefetch<Value>(
  source: AsyncIterable<Value>,
): AsyncGenerator<Value, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  const fetch = () => {
    const next = iterator.next()
    // A failure is thrown where the value is awaited; until then it must not count as unhandled.
    next.catch(() => {})
    return next
  }
  let next = fetch()
  try {
    for (let result = await next; !result.done; result = await next) {
      next = fetch()
      yield result.value
    }
  } finally {
    void iterator.return?.()
  }
}
