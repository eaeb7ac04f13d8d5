import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'

/**
 * Names what is in the database at a moment. Where two moments have the same name, nothing that was committed came to be
 * seen or went between them: a snapshot lists the transactions that count. The same numbers mean other transactions
 * after a crash, which no session survives; so the session is part of the name. undefined on a standby, whose
 * snapshots do not list them all.
 */
export async function readState(kysely: Kysely<Schema>): Promise<string | undefined> {
  const { rows } = await sql<{ state: string | null }>`
    select case when not pg_is_in_recovery() then
      coalesce(
        nullif(current_setting('heliograph.session', true), ''),
        set_config('heliograph.session', gen_random_uuid()::text, false)
      ) || ' ' || pg_current_snapshot() end as state`.execute(kysely)
  return rows[0]?.state ?? undefined
}
