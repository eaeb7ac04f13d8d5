import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql, type Transaction } from 'kysely'
import { isLockNotAvailable } from '../../database/faults.ts'
import type { Schema } from '../../database/schema.ts'
import { lockForMaintenance } from '../changes/maintenance-lock.ts'

/** Runs long work in pieces, with rests for everybody else. */
export interface Pace {
  /** Runs a piece, then rests as long as it took. */
  take<Result>(piece: () => Promise<Result>): Promise<Result>
  /** Why no further piece should begin; undefined if one may. */
  readonly over: string | undefined
}

const LONGEST_REST_MS = 5000

/** `budgetMs` limits pieces and rests together. A piece that has begun is completed. */
export function createPace(budgetMs: number, signal?: AbortSignal): Pace {
  const started = performance.now()
  return {
    take: async (piece) => {
      const begin = performance.now()
      const result = await piece()
      const rest = Math.min(performance.now() - begin, LONGEST_REST_MS)
      await sleep(rest, undefined, signal && { signal }).catch(() => {})
      return result
    },
    get over() {
      if (signal?.aborted) return 'it was interrupted'
      return performance.now() - started > budgetMs ? 'its time for one run is used up' : undefined
    },
  }
}

/** All others queue behind a session that waits for a lock, so it never waits longer than this. */
const LOCK_TIMEOUT_MS = 500
const ATTEMPTS = 10
const PAUSE_MS = 1000

export interface Patience {
  /** The largest number of attempts. */
  attempts: number
  /** Milliseconds before the second attempt, doubled for each further one. */
  pauseMs: number
}
/** A step of rolling up holds solark.rollup for about a second. Only other steps queue behind this lock. */
const ROLLUP_TIMEOUT_MS = 10_000

/**
 * Runs a piece of work in a transaction of its own that waits for a lock at most half a second, and retries. Returns
 * undefined if a lock was not available in any attempt.
 */
export async function withShortLocks<Result>(
  kysely: Kysely<Schema>,
  pace: Pace,
  piece: (transaction: Transaction<Schema>) => Promise<Result>,
  patience?: Patience,
): Promise<Result | undefined> {
  const attempts = patience?.attempts ?? ATTEMPTS
  for (let attempt = 1; ; attempt++) {
    try {
      return await pace.take(() =>
        kysely.transaction().execute(async (transaction) => {
          await limitLocks(transaction, LOCK_TIMEOUT_MS)
          return await piece(transaction)
        }),
      )
    } catch (error) {
      if (!isLockNotAvailable(error)) throw error
      if (attempt === attempts || pace.over !== undefined) return undefined
    }
    await sleep(patience === undefined ? PAUSE_MS : patience.pauseMs * 2 ** (attempt - 1))
  }
}

/** Keeps rolling up out until the transaction ends. */
export async function lockRollups(transaction: Transaction<Schema>): Promise<void> {
  await limitLocks(transaction, ROLLUP_TIMEOUT_MS)
  await lockForMaintenance(transaction, 'wait')
  await limitLocks(transaction, LOCK_TIMEOUT_MS)
}

async function limitLocks(transaction: Transaction<Schema>, milliseconds: number): Promise<void> {
  await sql`set local lock_timeout = ${sql.lit(milliseconds)}`.execute(transaction)
}
