import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'

/** How long what is kept, in whole days of UTC. */
export interface RetentionPolicy {
  /** undefined: for ever. */
  readonly readings: number | undefined
  /** At least as long as readings, and only where those go; undefined: for ever. */
  readonly rollups: number | undefined
  /** Chunks of a hypertable that are older are compressed; undefined: none is. */
  readonly compressAfter: number | undefined
}

export const KEEP_ALL: RetentionPolicy = {
  readings: undefined,
  rollups: undefined,
  compressAfter: undefined,
}

/** Whether there is anything to do, ever. */
export function isRetaining({ readings, rollups, compressAfter }: RetentionPolicy): boolean {
  return (readings ?? rollups ?? compressAfter) !== undefined
}

/** What is older goes, or is compressed; null: nothing is. */
export interface Cutoffs {
  readings: Instant | null
  rollups: Instant | null
  compression: Instant | null
}

/** Midnights of UTC, so that runs of one day agree; by the clock of the database, so that servers do. */
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
