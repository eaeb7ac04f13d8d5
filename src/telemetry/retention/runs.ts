import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'

/** What a run of retention did. */
export interface RetentionResult {
  /** Readings that were dropped, including those in chunks. */
  readings: number
  chunks: number
  /** Rows of the rollups. */
  tiles: number
  /** Chunks that were compressed. */
  compressed: number
  /** Why something is left to the next run; null if nothing is. */
  unfinished: string | null
}

export interface RetentionRun extends RetentionResult {
  endedAt: Instant
  /** What ended it early. */
  error: string | null
}

/** Stores what a run did for 30 days, so that every server can report it. */
export async function keepRun(
  kysely: Kysely<Schema>,
  run: RetentionResult & { error: string | null },
): Promise<void> {
  await kysely.insertInto('solark.retention_run').values(run).execute()
  await sql`
    delete from solark.retention_run where ended_at < now() - interval '30 days'`.execute(kysely)
}

export interface LastRuns {
  last: RetentionRun | undefined
  /** The last run that dropped or compressed something. */
  lastEffective: RetentionRun | undefined
}

export async function readLastRuns(kysely: Kysely<Schema>): Promise<LastRuns> {
  const runs = kysely
    .selectFrom('solark.retention_run')
    .select([
      'ended_at as endedAt',
      'readings',
      'chunks',
      'tiles',
      'compressed',
      'unfinished',
      'error',
    ])
    .orderBy('id', 'desc')
  const last = await runs.executeTakeFirst()
  const lastEffective = await runs
    .where(sql<boolean>`readings + chunks + tiles + compressed > 0`)
    .executeTakeFirst()
  return { last, lastEffective }
}
