import { styleText } from 'node:util'
import { Command } from 'commander'
import { type Kysely, sql } from 'kysely'
import { migrations } from '../../migrations/index.ts'
import { migrate, revertLast } from '../database/migrate.ts'
import {
  type MigrationRun,
  type MigrationStep,
  readAppliedMigrations,
} from '../database/migration-steps.ts'
import type { Schema } from '../database/schema.ts'
import { Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import type { OpenCommandContext } from './command-context.ts'

interface Choice {
  dryRun?: true
  to?: string
  down?: true
  destroyData?: true
}

/** `npm run migrate`: applies pending migrations; waits if another process does. */
export function migrateCommand(open: OpenCommandContext): Command {
  return new Command('migrate')
    .description(
      'Apply pending migrations. If one fails, the exit code is 1, and the database is as it was.',
    )
    .option('--dry-run', 'say what would be applied; write nothing')
    .option('--to <name>', 'apply up to this migration, and this one too')
    .option(
      '--down',
      'revert the migration that was applied last; refuses while there are readings',
    )
    .option('--destroy-data', 'with --down: revert even if readings are lost')
    .action(async ({ dryRun, to, down, destroyData }: Choice) => {
      if (down && (dryRun || to !== undefined)) {
        throw new Fault('BAD_USER_INPUT', 'Expected --down without --dry-run and --to')
      }
      if (destroyData && !down) {
        throw new Fault('BAD_USER_INPUT', 'Expected --destroy-data only with --down')
      }
      await using context = await open({ asItIs: true })
      await using session = await context.database.openSession('migrate')
      if (down && !destroyData) await refuseWhileReadingsExist(session.kysely)
      const run = down
        ? await revertLast(session, migrations)
        : await migrate(session, { migrations, target: to, dryRun: dryRun ?? false, wait: true })
      report(run)
      if (run.status === 'FAILED') process.exitCode = 1
    })
}

async function refuseWhileReadingsExist(kysely: Kysely<Schema>): Promise<void> {
  const applied = await readAppliedMigrations(kysely)
  const { rows } = await sql<{ exists: boolean }>`
    select to_regclass('solark.telemetry') is not null as exists`.execute(kysely)
  if (applied.length === 0 || rows[0]?.exists !== true) return
  const reading = await kysely.selectFrom('solark.telemetry').select('id').limit(1).execute()
  if (reading.length === 0) return
  throw new Fault(
    'MIGRATION_FAILED',
    `There are readings, which --down may destroy: export them first (${howToRun('export')}), then add --destroy-data`,
  )
}

const COLOURS = {
  APPLIED: 'green',
  PENDING: 'yellow',
  FAILED: 'red',
  NOT_EXECUTED: 'gray',
} as const satisfies Record<MigrationStep['status'], string>

function report({ status, steps, notices, durationMs }: MigrationRun): void {
  const lines = [
    ...steps.map((step) => {
      const label = styleText(COLOURS[step.status], step.status.padEnd(12), {
        stream: process.stdout,
      })
      return `${label} ${step.name}${step.error === null ? '' : `: ${step.error}`}`
    }),
    ...notices.map((notice) => `notice       ${notice}`),
    `${status} in ${Math.round(durationMs)} ms`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
