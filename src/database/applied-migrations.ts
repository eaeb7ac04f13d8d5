import { type Kysely, sql } from 'kysely'
import { type Instant, instantOf } from './instant.ts'
import type { Schema } from './schema.ts'

export interface AppliedMigration {
  name: string
  appliedAt: Instant
}

/** What Kysely's bookkeeping says was applied, in that order; nothing where there is no bookkeeping yet. */
export async function readAppliedMigrations(kysely: Kysely<Schema>): Promise<AppliedMigration[]> {
  const { rows: found } = await sql<{ exists: boolean }>`
    select to_regclass('solark.kysely_migration') is not null as exists`.execute(kysely)
  if (found[0]?.exists !== true) return []
  const { rows } = await sql<{ name: string; timestamp: string }>`
    select name, timestamp from solark.kysely_migration order by timestamp, name`.execute(kysely)
  return rows.map(({ name, timestamp }) => ({ name, appliedAt: instantOf(new Date(timestamp)) }))
}
