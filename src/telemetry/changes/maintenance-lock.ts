import { type Kysely, sql } from 'kysely'
import { isLockNotAvailable } from '../../database/lock.ts'
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
export async function asMaintainer<Done>(
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
        await sql`lock table solark.telemetry in access share mode nowait`.execute(transaction)
        await sql`lock table solark.rollup in share row exclusive mode nowait`.execute(transaction)
        return await work(transaction)
      })
  } catch (error) {
    if (isLockNotAvailable(error)) return undefined
    throw error
  }
}
