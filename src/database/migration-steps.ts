import { type Kysely, sql } from 'kysely'
import { Fault } from '../fault.ts'
import { type Instant, instantOf } from './instant.ts'
import type { Schema } from './schema.ts'

type MigrationRunStatus = 'APPLIED' | 'UP_TO_DATE' | 'PLANNED' | 'ALREADY_RUNNING' | 'FAILED'

export interface MigrationStep {
  name: string
  /** NOT_EXECUTED: comes after a step that failed. */
  status: 'APPLIED' | 'PENDING' | 'FAILED' | 'NOT_EXECUTED'
  appliedAt: Instant | null
  error: string | null
}

export interface MigrationRun {
  status: MigrationRunStatus
  steps: MigrationStep[]
  /** Notices of the database while it ran, in order; of a dry run, what the pending steps would do. */
  notices: string[]
  durationMs: number
}

/** How a run ended; `plans` is what the pending steps of a dry run would do. */
export type Outcome = Pick<MigrationRun, 'status' | 'steps'> & { plans?: string[] }

/** Every migration that the code or the database knows, in the order of application. */
export function stepsOf(
  names: readonly string[],
  applied: readonly AppliedMigration[],
): MigrationStep[] {
  const appliedAt = new Map(applied.map((migration) => [migration.name, migration.appliedAt]))
  const unknown = applied.map(({ name }) => name).filter((name) => !names.includes(name))
  return [...names, ...unknown].map((name) => ({
    name,
    status: appliedAt.has(name) ? 'APPLIED' : 'PENDING',
    appliedAt: appliedAt.get(name) ?? null,
    error: null,
  }))
}

/** The outcome of a run that this step ended, or that was refused because of it. */
export function failed(
  steps: readonly MigrationStep[],
  step: string | undefined,
  error: string,
): Outcome {
  const at = steps.findIndex(({ name }) => name === step)
  return {
    status: 'FAILED',
    steps: steps.map((entry, index) => {
      if (index === at) return { ...entry, status: 'FAILED', error }
      if (index > at && entry.status === 'PENDING') return { ...entry, status: 'NOT_EXECUTED' }
      return entry
    }),
  }
}

export interface AppliedMigration {
  name: string
  appliedAt: Instant
}

/**
 * What was applied according to Kysely's table of migrations, in that order; nothing if the table does not exist yet.
 * Throws DATABASE_FORBIDS with the missing grant if this role may not read it.
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
