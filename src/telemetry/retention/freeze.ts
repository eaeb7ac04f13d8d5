import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { changedQuarters, frozenBy } from '../changes/changed-quarters.ts'
import { rollUp } from '../history/roll-up.ts'
import type { Pace } from './pace.ts'
import { lockRollups, withShortLocks } from './with-lock.ts'

/**
 * Freezes every tile that readings before `limit` have a part in, after they were rolled up to the last one; so
 * these readings may go, and history stays. Answers why it could not be done, undefined where it was.
 *
 * A reading that is written late, while this goes on, is in the tiles or comes after them: never in between.
 */
export async function freeze(
  kysely: Kysely<Schema>,
  limit: Instant,
  pace: Pace,
): Promise<string | undefined> {
  while (pace.over === undefined) {
    const frozen = await withShortLocks(kysely, pace, async (transaction) => {
      await lockRollups(transaction)
      if (await isNoted(transaction, limit)) return false
      await sql`
        update solark.rollup set frozen_until = ${frozenBy(limit)}
        where frozen_until is null or frozen_until < ${frozenBy(limit)}`.execute(transaction)
      return true
    })
    if (frozen === true) return undefined
    if (frozen === undefined) return 'the rollups are in use'
    while (pace.over === undefined && (await isNoted(kysely, limit))) {
      await pace.take(() => rollUp(kysely))
    }
  }
  return `readings before it are not rolled up yet, and ${pace.over}`
}

/** Whether something is not rolled up yet of the time that would be frozen. */
async function isNoted(kysely: Kysely<Schema>, limit: Instant): Promise<boolean> {
  const { rows } = await sql`
    select from solark.telemetry_change cross join solark.rollup
    where not isempty(${changedQuarters} * tstzrange(null, ${frozenBy(limit)}))
    limit 1`.execute(kysely)
  return rows.length > 0
}
