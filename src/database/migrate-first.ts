import { Fault } from '../fault.ts'
import type { Database } from './database.ts'
import { type Migrations, migrate } from './migrate.ts'
import type { MigrationRun } from './migration-run.ts'

/**
 * Applies what is pending before anything else is done, waiting where another process does. Throws
 * MIGRATION_FAILED with the step and its message; the signal ends the waiting.
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
