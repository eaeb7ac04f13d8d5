import type { Kysely } from 'kysely'
import type { LockKey } from '../../database/advisory-lock.ts'
import type { Session } from '../../database/database.ts'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { readStorage, type Storage, whyNotCompressed } from '../../database/storage.ts'
import { deleteCounterRunsBefore, readCounterIds } from '../counters/delete-counter-runs.ts'
import { rollUp } from '../history/roll-up.ts'
import { requireSchema } from '../schema-ready.ts'
import { chunksBefore, compressChunk, dropChunk, enableCompression } from './chunks.ts'
import { deleteReadingsBefore, deleteTilesBefore, freeze, hasReadingsBefore } from './delete-old.ts'
import { createPace, type Pace } from './pace.ts'
import type { RetentionPolicy } from './policy.ts'
import { readCutoffs } from './policy.ts'
import { keepRun, type RetentionResult } from './runs.ts'

export interface RunOptions {
  /** About how many milliseconds it may take; without it, until there is nothing left to do. */
  budgetMs?: number
  signal?: AbortSignal
  onProgress?: (soFar: Readonly<RetentionResult>) => void
}

/** The advisory lock of the process that runs retention. */
const LOCK: LockKey = [1_212_501_064, 2]

/**
 * Drops and compresses what the policy says, in pieces that make no writer wait, and stores what it did. Returns
 * undefined if another process is running it. If it ends early, the next run continues from there.
 *
 * @throws SCHEMA_NOT_READY
 */
export async function runRetention(
  { kysely, lock }: Pick<Session, 'kysely' | 'lock'>,
  policy: RetentionPolicy,
  { budgetMs = Number.POSITIVE_INFINITY, signal, onProgress }: RunOptions = {},
): Promise<RetentionResult | undefined> {
  await requireSchema(kysely)
  await using held = await lock(LOCK)
  if (held === undefined) return undefined

  const result = { readings: 0, chunks: 0, tiles: 0, compressed: 0, unfinished: null }
  try {
    const work: Work = {
      kysely,
      policy,
      pace: createPace(budgetMs, signal),
      result,
      tell: () => onProgress?.(result),
    }
    await runParts(work)
    await keepRun(kysely, { ...result, error: null })
    return result
  } catch (error) {
    if (signal?.aborted !== true) await keepFailure(kysely, result, error)
    throw error
  }
}

interface Work {
  kysely: Kysely<Schema>
  policy: RetentionPolicy
  pace: Pace
  result: RetentionResult
  tell(): void
}

async function runParts(work: Work): Promise<void> {
  const { kysely, policy, result } = work
  const storage = await readStorage(kysely)
  const cutoffs = await readCutoffs(kysely, policy)
  const left: (string | undefined)[] = []
  if (cutoffs.readings !== null) {
    const drop = storage.kind === 'HYPERTABLE' ? dropChunks : deleteReadings
    left.push(named('readings', await drop(work, cutoffs.readings)))
  }
  if (cutoffs.rollups !== null) {
    left.push(named('rollups', await deleteTiles(work, cutoffs.rollups)))
    left.push(named('counters', await deleteCounters(work, cutoffs.rollups)))
  }
  if (cutoffs.compression !== null) {
    left.push(named('compression', await compress(work, storage, cutoffs.compression)))
  }
  const reasons = left.filter((reason) => reason !== undefined)
  result.unfinished = reasons.length === 0 ? null : reasons.join('; ')
}

function named(part: string, reason: string | undefined): string | undefined {
  return reason && `${part}: ${reason}`
}

async function dropChunks(
  { kysely, pace, result, tell }: Work,
  cutoff: Instant,
): Promise<string | undefined> {
  const chunks = await chunksBefore(kysely, cutoff)
  const limit = chunks.at(-1)?.until
  if (limit === undefined) return undefined
  const notFrozen = await freeze(kysely, limit, pace)
  if (notFrozen !== undefined) return notFrozen
  for (const chunk of chunks) {
    if (pace.over !== undefined) return pace.over
    const readings = await dropChunk(kysely, chunk, pace)
    if (readings === undefined) return `${chunk.name} is in use`
    result.readings += readings
    result.chunks += 1
    tell()
  }
  // Corrects the counts. Until then they are counted from the readings.
  await pace.take(() => rollUp(kysely))
  return undefined
}

async function deleteReadings(
  { kysely, pace, result, tell }: Work,
  cutoff: Instant,
): Promise<string | undefined> {
  if (!(await hasReadingsBefore(kysely, cutoff))) return undefined
  const notFrozen = await freeze(kysely, cutoff, pace)
  if (notFrozen !== undefined) return notFrozen
  return deleteReadingsBefore(kysely, cutoff, pace, (readings) => {
    result.readings += readings
    tell()
  })
}

function deleteTiles(
  { kysely, pace, result, tell }: Work,
  cutoff: Instant,
): Promise<string | undefined> {
  return deleteTilesBefore(kysely, cutoff, pace, (tiles) => {
    result.tiles += tiles
    tell()
  })
}

/** What inverters counted is kept as long as the rollups, whose energy it is compared with. */
async function deleteCounters(
  { kysely, pace }: Work,
  cutoff: Instant,
): Promise<string | undefined> {
  for (const counter of await readCounterIds(kysely)) {
    if (pace.over !== undefined) return pace.over
    await pace.take(() => deleteCounterRunsBefore(kysely, counter, cutoff))
  }
  return undefined
}

/**
 * If compression is not possible, health and schemaStatus say so. It is not reported as unfinished, because the next
 * run could not do it either.
 */
async function compress(
  { kysely, pace, result, tell }: Work,
  storage: Storage,
  cutoff: Instant,
): Promise<string | undefined> {
  if (whyNotCompressed(storage) !== null) return undefined
  const notEnabled = await enableCompression(kysely, pace)
  if (notEnabled !== undefined) return notEnabled
  for (const chunk of await chunksBefore(kysely, cutoff)) {
    if (chunk.compressed) continue
    if (pace.over !== undefined) return pace.over
    if (!(await compressChunk(kysely, chunk, pace))) return `${chunk.name} is in use`
    result.compressed += 1
    tell()
  }
  return undefined
}

/** If the failure cannot be stored, such as without a connection, the caller still gets the original error. */
async function keepFailure(
  kysely: Kysely<Schema>,
  result: RetentionResult,
  error: unknown,
): Promise<void> {
  const message = error instanceof Error ? error.message : String(error)
  await keepRun(kysely, { ...result, error: message }).catch(() => {})
}
