import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql, type Transaction } from 'kysely'
import { isLockNotAvailable } from '../../database/lock.ts'
import type { Schema } from '../../database/schema.ts'
import type { Pace } from './pace.ts'

/** Behind one that waits for a lock queue all others; so it never waits longer. */
const LOCK_TIMEOUT_MS = 500
const ATTEMPTS = 10
const PAUSE_MS = 1000

export interface Patience {
  /** How often it is tried, at most. */
  attempts: number
  /** Milliseconds to the second attempt; then twice as long each time. */
  pauseMs: number
}
/** What holds solark.rollup is a step of rolling up, for a second or so; nobody but another step queues behind. */
const ROLLUP_TIMEOUT_MS = 10_000

/**
 * Does a piece of work in a transaction of its own that waits for no lock longer than half a second, tried some
 * times. Answers undefined where somebody held what it needs all the while.
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

/** Keeps rolling up out until the transaction ends; the readings first, as a step of rolling up does. */
export async function lockRollups(transaction: Transaction<Schema>): Promise<void> {
  await limitLocks(transaction, ROLLUP_TIMEOUT_MS)
  await sql`lock table solark.telemetry in access share mode`.execute(transaction)
  await sql`lock table solark.rollup in share row exclusive mode`.execute(transaction)
  await limitLocks(transaction, LOCK_TIMEOUT_MS)
}

async function limitLocks(transaction: Transaction<Schema>, milliseconds: number): Promise<void> {
  await sql`set local lock_timeout = ${sql.lit(milliseconds)}`.execute(transaction)
}
