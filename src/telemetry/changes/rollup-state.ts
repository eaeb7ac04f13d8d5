import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { changedQuarters, frozenBy } from './changed-quarters.ts'
import { notes } from './notes.ts'

/**
 * The one row that says how rollups are made, for what `from` takes: `max_gap`, the gap limit; `readings`, how many are
 * counted; `frozen_until`, before which tiles stay as they are; `kept`, of which hours somebody dropped the readings.
 */
export const rollupState = sql`solark.rollup`

/** The gap limit in microseconds, in a query of `rollupState`. */
export const maxGapMicroseconds: RawBuilder<number> = sql`round(date_part('epoch', max_gap) * 1e6)`

/** Whether something is not rolled up yet of the time that would be frozen if readings before `limit` went. */
export async function isNotedBefore(kysely: Kysely<Schema>, limit: Instant): Promise<boolean> {
  const { rows } = await sql`
    select from ${notes} cross join ${rollupState}
    where not isempty(${changedQuarters} * tstzrange(null, ${frozenBy(limit)}))
    limit 1`.execute(kysely)
  return rows.length > 0
}

/** Freezes every tile that readings before `limit` have a part in. */
export async function freezeBefore(transaction: Kysely<Schema>, limit: Instant): Promise<void> {
  await sql`
    update ${rollupState} set frozen_until = ${frozenBy(limit)}
    where frozen_until is null or frozen_until < ${frozenBy(limit)}`.execute(transaction)
}
