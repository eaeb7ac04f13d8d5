import { type Kysely, sql } from 'kysely'
import { isLockNotAvailable } from '../../database/faults.ts'
import type { Schema } from '../../database/schema.ts'

/**
 * Runs `work` in one transaction with one snapshot, while no other process does maintenance. If it fails, everything
 * stays as it was. Returns undefined if another process is doing maintenance, or is changing the table of readings as
 * a whole.
 *
 * The locks are taken before the snapshot. So the work sees what the maintenance before it has committed, and no
 * truncated, dropped or compressed chunk can hide readings of the snapshot. TRUNCATE and its like lock the readings
 * before they touch the rollups. Taking the locks in the same order here avoids deadlocks.
 */
export async function withMaintenanceLock<Done>(
  kysely: Kysely<Schema>,
  work: (transaction: Kysely<Schema>) => Promise<Done>,
): Promise<Done | undefined> {
  try {
    return await kysely
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (transaction) => {
        // A process whose machine vanished holds the locks for at most this long.
        await sql`set local idle_in_transaction_session_timeout = '60s'`.execute(transaction)
        await lockForMaintenance(transaction, 'nowait')
        return await work(transaction)
      })
  } catch (error) {
    if (isLockNotAvailable(error)) return undefined
    throw error
  }
}

/**
 * Keeps all other maintenance out until the transaction ends, and also TRUNCATE, drop_chunks and compression. The
 * order of the locks matters: the readings first, as TRUNCATE locks them; the other order would deadlock. A REPEATABLE
 * READ transaction must call this before its snapshot is taken.
 */
export async function lockForMaintenance(
  transaction: Kysely<Schema>,
  mode: 'wait' | 'nowait',
): Promise<void> {
  const wait = sql.raw(mode === 'wait' ? '' : 'nowait')
  await sql`lock table solark.telemetry in access share mode ${wait}`.execute(transaction)
  await sql`lock table solark.rollup in share row exclusive mode ${wait}`.execute(transaction)
}

/**
 * Reads in one snapshot. Takes the lock before it, so that no truncated, dropped or compressed chunk can hide readings of
 * the snapshot: whoever wants to do that waits until `read` has ended.
 */
export function readAtOneMoment<Found>(
  kysely: Kysely<Schema>,
  read: (snapshot: Kysely<Schema>) => Promise<Found>,
): Promise<Found> {
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (snapshot) => {
      await sql`lock table solark.telemetry in access share mode`.execute(snapshot)
      return await read(snapshot)
    })
}
