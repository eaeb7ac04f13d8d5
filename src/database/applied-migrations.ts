import { type Kysely, sql } from 'kysely'
import { Fault } from '../fault.ts'
import { type Instant, instantOf } from './instant.ts'
import type { Schema } from './schema.ts'

export interface AppliedMigration {
  name: string
  appliedAt: Instant
}

/**
 * What Kysely's bookkeeping says was applied, in that order; nothing where there is no bookkeeping yet. Throws
 * DATABASE_FORBIDS with the grant that is missing where this role may not read it.
 */
export async function readAppliedMigrations(kysely: Kysely<Schema>): Promise<AppliedMigration[]> {
  const { rows: found } = await sql<{ role: string; grant: string | null }>`
    select current_user::text as role, case
      when not has_schema_privilege(relnamespace, 'usage')
        then format('grant usage on schema solark to %I', current_user)
      when not has_table_privilege(pg_class.oid, 'select')
        then format('grant select on all tables in schema solark to %I', current_user) end as grant
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = 'solark' and relname = 'kysely_migration'`.execute(kysely)
  const [bookkeeping] = found
  if (bookkeeping === undefined) return []
  const { role, grant } = bookkeeping
  if (grant !== null) {
    throw new Fault(
      'DATABASE_FORBIDS',
      `The database role ${role} may not read solark.kysely_migration: let its owner ${grant}`,
    )
  }
  const { rows } = await sql<{ name: string; timestamp: string }>`
    select name, timestamp from solark.kysely_migration order by timestamp, name`.execute(kysely)
  return rows.map(({ name, timestamp }) => ({ name, appliedAt: instantOf(new Date(timestamp)) }))
}
