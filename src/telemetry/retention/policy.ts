import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'

/** How long data is kept, in whole days of UTC. */
export interface RetentionPolicy {
  /** undefined: forever. */
  readonly readings: number | undefined
  /** undefined: forever. Can only be limited if readings are, and then not to less than them. */
  readonly rollups: number | undefined
  /** Older chunks of a hypertable are compressed. undefined: none. */
  readonly compressAfter: number | undefined
}

export const KEEP_ALL: RetentionPolicy = {
  readings: undefined,
  rollups: undefined,
  compressAfter: undefined,
}

/** Whether the policy does anything at all. */
export function isRetaining({ readings, rollups, compressAfter }: RetentionPolicy): boolean {
  return (readings ?? rollups ?? compressAfter) !== undefined
}

/** Older data is deleted or compressed; null: none. */
export interface Cutoffs {
  readings: Instant | null
  rollups: Instant | null
  compression: Instant | null
}

/** Midnights of UTC, so that all runs of a day agree. The clock of the database, so that all servers agree. */
export async function readCutoffs(
  kysely: Kysely<Schema>,
  { readings, rollups, compressAfter }: RetentionPolicy,
): Promise<Cutoffs> {
  const before = (days: number | undefined) =>
    sql`date_trunc('day', now(), 'UTC') - ${days ?? null}::integer * interval '24 hours'`
  const { rows } = await sql<Cutoffs>`
    select ${before(readings)} as readings, ${before(rollups)} as rollups,
      ${before(compressAfter)} as compression`.execute(kysely)
  const [cutoffs] = rows
  if (cutoffs === undefined) throw new Error('Expected one row of cutoffs, got none')
  return cutoffs
}
