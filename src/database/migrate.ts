import { sql } from 'kysely'
import { type Migration, Migrator, NO_MIGRATIONS } from 'kysely/migration'
import { abridge, Fault } from '../fault.ts'
import type { LockKey } from './advisory-lock.ts'
import type { Database, Session } from './database.ts'
import { toDatabaseFault } from './faults.ts'
import {
  type AppliedMigration,
  failed,
  type MigrationRun,
  type MigrationStep,
  type Outcome,
  readAppliedMigrations,
  stepsOf,
} from './migration-steps.ts'

interface PlannedMigration extends Migration {
  /** Says in sentences what `up` would do that its name does not tell. Throws what `up` would throw. Writes nothing. */
  plan?(db: Parameters<Migration['up']>[0]): Promise<string[]>
}

export type Migrations = Readonly<Record<string, PlannedMigration>>

interface MigrateOptions {
  migrations: Migrations
  /** Apply up to this one, and this one too. */
  target?: string | undefined
  /** Say what would be applied; write nothing. */
  dryRun?: boolean
  /** If another process migrates: wait for it, or return ALREADY_RUNNING at once. */
  wait?: boolean
  /** Ends the waiting, with the reason of the signal. */
  signal?: AbortSignal | undefined
}

/** The advisory lock of the process that migrates. */
const LOCK: LockKey = [1_212_501_064, 1]

/**
 * Applies pending migrations, only ever forward, all in one transaction: if one fails, the database is as it was, and
 * the run is FAILED with the step and its message. Throws BAD_USER_INPUT on an unknown target.
 */
export async function migrate(session: Session, options: MigrateOptions): Promise<MigrationRun> {
  const { migrations, target, dryRun = false } = options
  const names = Object.keys(migrations)
  if (target !== undefined && !names.includes(target)) {
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected one of ${names.join(', ')}; got ${abridge(target)}`,
      {
        path: ['target'],
      },
    )
  }
  const plan = async (applied: AppliedMigration[]): Promise<Outcome> => {
    const steps = stepsOf(names, applied)
    const refusal = findUnknown(names, applied) ?? findTargetBehind(names, applied, target)
    if (refusal !== undefined) return failed(steps, refusal.step, refusal.reason)
    const last = target === undefined ? names.length : names.indexOf(target) + 1
    const pending = steps.slice(0, last).some((step) => step.status === 'PENDING')
    if (!pending) return { status: 'UP_TO_DATE', steps }
    if (dryRun) return describe(session, migrations, steps.slice(0, last), steps)
    return moveTo(session, migrations, names[last - 1], steps)
  }
  const lock = dryRun ? 'none' : options.wait ? 'wait' : 'try'
  return run(session, names, lock, plan, options.signal)
}

/**
 * Reverts the migration that was applied last; with it go all readings, if it made the table. The caller asks first
 * whether readings may go.
 */
export async function revertLast(session: Session, migrations: Migrations): Promise<MigrationRun> {
  const names = Object.keys(migrations)
  return run(session, names, 'wait', async (applied) => {
    const steps = stepsOf(names, applied)
    const refusal = findUnknown(names, applied)
    if (refusal !== undefined) return failed(steps, refusal.step, refusal.reason)
    if (applied.length === 0) return { status: 'UP_TO_DATE', steps }
    return moveTo(session, migrations, names[applied.length - 2], steps)
  })
}

async function run(
  session: Session,
  names: readonly string[],
  lock: 'none' | 'try' | 'wait',
  body: (applied: AppliedMigration[]) => Promise<Outcome>,
  signal?: AbortSignal,
): Promise<MigrationRun> {
  const started = performance.now()
  const firstNotice = session.notices.length
  const { plans = [], ...outcome } = await (async (): Promise<Outcome> => {
    const denied = await findDenied(session, names)
    if (denied !== undefined) return denied
    if (lock === 'none') return body(await readAppliedMigrations(session.kysely))
    await using held = await session.lock(LOCK, { wait: lock === 'wait', signal })
    const applied = await readAppliedMigrations(session.kysely)
    if (held === undefined) return { status: 'ALREADY_RUNNING', steps: stepsOf(names, applied) }
    return await body(applied)
  })()
  return {
    ...outcome,
    notices: [...session.notices.slice(firstNotice), ...plans],
    durationMs: performance.now() - started,
  }
}

/** Asks the pending steps of `upTo` what they would do, in a read-only transaction. */
async function describe(
  session: Session,
  migrations: Migrations,
  upTo: readonly MigrationStep[],
  steps: MigrationStep[],
): Promise<Outcome> {
  return session.kysely
    .transaction()
    .setAccessMode('read only')
    .execute(async (transaction) => {
      const plans: string[] = []
      for (const { name, status } of upTo) {
        if (status !== 'PENDING') continue
        try {
          plans.push(...((await migrations[name]?.plan?.(transaction)) ?? []))
        } catch (error) {
          return failed(steps, name, error instanceof Error ? error.message : String(error))
        }
      }
      return { status: 'PLANNED', steps, plans }
    })
}

/**
 * Applies or reverts, in the one transaction that Kysely makes, until `target` is the newest; undefined: reverts all.
 */
async function moveTo(
  session: Session,
  migrations: Migrations,
  target: string | undefined,
  steps: readonly MigrationStep[],
): Promise<Outcome> {
  const migrator = new Migrator({
    db: session.kysely,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableSchema: 'solark',
  })
  const { error, results } = await migrator.migrateTo(target ?? NO_MIGRATIONS)
  if (error !== undefined) {
    if (toDatabaseFault(error)?.code === 'DATABASE_UNAVAILABLE') throw error
    // No step failed if the first was not reached, such as when the role may not create the schema.
    const step =
      results?.find(({ status }) => status === 'Error')?.migrationName ??
      steps.find(({ status }) => status === 'PENDING')?.name
    if (step === undefined) throw error
    return failed(steps, step, error instanceof Error ? error.message : String(error))
  }
  const applied = await readAppliedMigrations(session.kysely)
  return { status: 'APPLIED', steps: stepsOf(Object.keys(migrations), applied) }
}

interface Refusal {
  step: string
  reason: string
}

/** The first migration of databases from before the first release, which had other migrations. */
const UNRELEASED = '0001_plant'

/** Refuses a database that is newer than the code, or from before the first release. */
function findUnknown(
  names: readonly string[],
  applied: readonly AppliedMigration[],
): Refusal | undefined {
  const unknown = applied.find(({ name }) => !names.includes(name))
  if (unknown === undefined) return undefined
  if (unknown.name === UNRELEASED) {
    return {
      step: unknown.name,
      reason:
        'The database was made by a Heliograph from before the first release: export its readings with that one (its command export), and let this one import them into a new database (its command import)',
    }
  }
  return {
    step: unknown.name,
    reason: `The database is newer than this Heliograph, which does not know its migration ${unknown.name}: run the version that applied it, or a later one`,
  }
}

/** Refuses a target that would go backwards. */
function findTargetBehind(
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

/** Refuses if this role may not use the schema, or may not create the table of migrations in it. */
async function findDenied(
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

/**
 * Applies what is pending before anything else is done; waits if another process does. Throws MIGRATION_FAILED with the
 * step and its message. The signal ends the waiting.
 */
export async function migrateFirst(
  database: Database,
  migrations: Migrations,
  signal?: AbortSignal,
): Promise<MigrationRun> {
  await using session = await database.openSession('migrate')
  const run = await migrate(session, { migrations, wait: true, signal })
  const failed = run.steps.find(({ error }) => error !== null)
  if (run.status === 'FAILED') {
    throw new Fault('MIGRATION_FAILED', `Migration ${failed?.name} failed: ${failed?.error}`)
  }
  return run
}
