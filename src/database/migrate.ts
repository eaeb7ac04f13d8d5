import { type Migration, Migrator, NO_MIGRATIONS } from 'kysely/migration'
import { abridge, Fault } from '../fault.ts'
import type { LockKey } from './advisory-lock.ts'
import { type AppliedMigration, readAppliedMigrations } from './applied-migrations.ts'
import type { Session } from './database.ts'
import { toDatabaseFault } from './faults.ts'
import { findDenied, findTargetBehind, findUnknown } from './migration-refusal.ts'
import {
  failed,
  type MigrationRun,
  type MigrationStep,
  type Outcome,
  stepsOf,
} from './migration-run.ts'

export interface PlannedMigration extends Migration {
  /** What `up` would do that its name does not tell, in sentences; throws what it would throw. Writes nothing. */
  plan?(db: Parameters<Migration['up']>[0]): Promise<string[]>
}

export type Migrations = Readonly<Record<string, PlannedMigration>>

export interface MigrateOptions {
  migrations: Migrations
  /** Apply up to and with this one. */
  target?: string | undefined
  /** Say what would be applied; write nothing. */
  dryRun?: boolean
  /** Where another process migrates: wait for it, or answer ALREADY_RUNNING at once. */
  wait?: boolean
  /** Ends the waiting, with the reason of the signal. */
  signal?: AbortSignal | undefined
}

/** What one migrating process holds. */
const LOCK: LockKey = [1_212_501_064, 1]

/**
 * Applies pending migrations, only ever forward, all in one transaction: where one fails, the database is as it
 * was, and the run says FAILED with the step and its message. Throws BAD_USER_INPUT on an unknown target.
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
 * Reverts the migration that was applied last, with every reading where that one made the table. The caller
 * asks first whether readings may go.
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

/** Asks the pending steps of `upTo` what they would do, in a transaction that cannot write. */
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

/** Applies or reverts, in the one transaction that Kysely makes, until `target` is the newest; undefined: none is. */
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
    // Without a step that failed, such as where the role may not make the schema, the first was not reached.
    const step =
      results?.find(({ status }) => status === 'Error')?.migrationName ??
      steps.find(({ status }) => status === 'PENDING')?.name
    if (step === undefined) throw error
    return failed(steps, step, error instanceof Error ? error.message : String(error))
  }
  const applied = await readAppliedMigrations(session.kysely)
  return { status: 'APPLIED', steps: stepsOf(Object.keys(migrations), applied) }
}
