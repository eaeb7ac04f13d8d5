import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'

/**
 * A version of the data: if it is the same at two moments, a query returns the same at both. It is the snapshot, which
 * lists the transactions that are visible, after the id of the session: after a crash the same transaction numbers are
 * given again, and no session survives a crash. undefined on a standby, whose snapshots do not list all transactions.
 */
export async function readDataVersion(kysely: Kysely<Schema>): Promise<string | undefined> {
  const { rows } = await sql<{ state: string | null }>`
    select case when not pg_is_in_recovery() then
      coalesce(
        nullif(current_setting('heliograph.session', true), ''),
        set_config('heliograph.session', gen_random_uuid()::text, false)
      ) || ' ' || pg_current_snapshot() end as state`.execute(kysely)
  return rows[0]?.state ?? undefined
}
