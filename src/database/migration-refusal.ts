import { sql } from 'kysely'
import type { AppliedMigration } from './applied-migrations.ts'
import type { Session } from './database.ts'
import { failed, type Outcome, stepsOf } from './migration-run.ts'

interface Refusal {
  step: string
  reason: string
}

/** The first migration of every database from before the first release, whose migrations were others. */
const UNRELEASED = '0001_plant'

/** A database that is newer than the code, or from before its first release. */
export function findUnknown(
  names: readonly string[],
  applied: readonly AppliedMigration[],
): Refusal | undefined {
  const unknown = applied.find(({ name }) => !names.includes(name))
  if (unknown === undefined) return undefined
  if (unknown.name === UNRELEASED) {
    return {
      step: unknown.name,
      reason:
        'The database was made by a Heliograph from before the first release: export its readings with that one (npm run export), and let this one import them into a new database (npm run import)',
    }
  }
  return {
    step: unknown.name,
    reason: `The database is newer than this Heliograph, which does not know its migration ${unknown.name}: run the version that applied it, or a later one`,
  }
}

/** A target that would go backwards. */
export function findTargetBehind(
  names: readonly string[],
  applied: readonly AppliedMigration[],
  target: string | undefined,
): Refusal | undefined {
  const newest = applied.at(-1)?.name
  if (target === undefined || newest === undefined) return undefined
  if (names.indexOf(target) >= names.indexOf(newest)) return undefined
  return {
    step: target,
    reason: `TARGET_BEHIND: the database is at ${newest}, beyond ${target}; runMigration only goes forward`,
  }
}

/** Says so where this role may not look into the schema, or not make in it what remembers the migrations. */
export async function findDenied(
  session: Session,
  names: readonly string[],
): Promise<Outcome | undefined> {
  const { rows } = await sql<{ role: string; cure: string }>`
    select current_user::text as role, case
      when schema.oid is null
        then format('grant create on database %I to %I', current_database(), current_user)
      else format('grant usage, create on schema solark to %I', current_user) end as cure
    from (values (1)) as one left join pg_namespace as schema on nspname = 'solark'
    where case
      when schema.oid is null then not has_database_privilege(current_database(), 'create')
      when not has_schema_privilege(schema.oid, 'usage') then true
      when exists (
        select from pg_class where relnamespace = schema.oid and relname = 'kysely_migration'
      ) then false
      else not has_schema_privilege(schema.oid, 'create') end`.execute(session.kysely)
  const [denied] = rows
  if (denied === undefined) return undefined
  const reason = `permission denied: the role ${denied.role} may not make tables in the schema solark: migrate as another, or ${denied.cure}`
  return failed(stepsOf(names, []), names[0], reason)
}
