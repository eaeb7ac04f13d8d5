import { type Kysely, sql } from 'kysely'
import { isLockNotAvailable } from '../../database/faults.ts'
import type { Schema } from '../../database/schema.ts'

/**
 * Does what only one process at a time may, in one transaction and as of one moment: whatever ends it early leaves
 * everything as it was. Answers undefined where another process is at it, or is changing the table of readings as
 * a whole.
 *
 * The locks come before the moment is fixed: the maintainer before has committed by then, and from then on no
 * truncation, dropped or compressed chunk takes readings away that were there at that moment. Those lock the
 * readings before they touch the rollups, so the same order here keeps both from waiting for each other.
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
        // A process whose machine vanished holds the locks no longer than this.
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
 * Keeps all other maintenance out until the transaction ends, and TRUNCATE, drop_chunks and compression with it. The
 * one order of these locks: the readings first, as TRUNCATE takes them; the other way round both would wait for each
 * other. In a transaction that is REPEATABLE READ it comes before the snapshot is fixed.
 */
export async function lockForMaintenance(
  transaction: Kysely<Schema>,
  mode: 'wait' | 'nowait',
): Promise<void> {
  const wait = sql.raw(mode === 'wait' ? '' : 'nowait')
  await sql`lock table solark.telemetry in access share mode ${wait}`.execute(transaction)
  await sql`lock table solark.rollup in share row exclusive mode ${wait}`.execute(transaction)
}

/** Keeps TRUNCATE, drop_chunks and compression out, before a snapshot is fixed that readings are read in. */
export async function lockReadings(transaction: Kysely<Schema>): Promise<void> {
  await sql`lock table solark.telemetry in access share mode`.execute(transaction)
}
