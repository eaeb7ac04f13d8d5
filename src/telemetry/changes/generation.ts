import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { lockForMaintenance } from './maintenance-lock.ts'

/**
 * Returns the generation of the cursors. Begins a new one if the tables were restored from another database: its
 * transaction numbers mean nothing here, so neither do its cursors.
 */
export async function readGeneration(kysely: Kysely<Schema>): Promise<string> {
  const home = await identify(kysely)
  const { rows } = await sql<{ generation: string; known: boolean }>`
    select generation, home is not distinct from ${home} as known from solark.feed`.execute(kysely)
  const [row] = rows
  if (row === undefined) throw new Error('Expected one row in solark.feed, found none')
  return row.known ? row.generation : await settle(kysely, home)
}

/** Identifies the cluster, if this role may read its system identifier, and the database. */
async function identify(kysely: Kysely<Schema>): Promise<string> {
  const { rows } = await sql<{ database: string; tells: boolean }>`
    select oid::text as database, has_function_privilege('pg_control_system()', 'execute') as tells
    from pg_database where datname = current_database()`.execute(kysely)
  const [{ database, tells } = { database: '', tells: false }] = rows
  if (!tells) return database
  const control = await sql<{ system: string }>`
    select system_identifier::text as system from pg_control_system()`.execute(kysely)
  return `${control.rows[0]?.system}/${database}`
}

/** The first process that comes decides. Notes written from then on belong to the new generation. */
function settle(kysely: Kysely<Schema>, home: string): Promise<string> {
  return kysely.transaction().execute(async (transaction) => {
    await lockForMaintenance(transaction, 'wait')
    const { rows } = await sql<{ generation: string; moved: boolean }>`
      update solark.feed as feed
      set home = ${home},
        generation = case when known.home is null then known.generation else gen_random_uuid() end,
        floor = case when known.home is null then known.floor else pg_current_xact_id() end
      from (select home, generation, floor from solark.feed for update) as known
      where known.home is distinct from ${home}
      returning feed.generation, known.home is not null as moved`.execute(transaction)
    const [settled] = rows
    if (settled?.moved) {
      await sql`delete from solark.telemetry_log`.execute(transaction)
      await sql`
        update solark.telemetry_change set txid = null where txid is not null`.execute(transaction)
    }
    const current = await sql<{ generation: string }>`
      select generation from solark.feed`.execute(transaction)
    return current.rows[0]?.generation ?? ''
  })
}
