import { Command, CommanderError } from 'commander'
import { backfillCommand } from './cli/backfill.ts'
import { openCommandContext } from './cli/command-context.ts'
import { connectCommand } from './cli/connect.ts'
import { deleteCommand } from './cli/delete.ts'
import { exportCommand } from './cli/export.ts'
import { findSource } from './cli/find-source.ts'
import { importCommand } from './cli/import.ts'
import { migrateCommand } from './cli/migrate.ts'
import { pollCommand } from './cli/poll.ts'
import { psqlCommand } from './cli/psql.ts'
import { psqlUrlCommand } from './cli/psql-url.ts'
import { retentionCommand } from './cli/retention.ts'
import { rollupCommand } from './cli/rollup.ts'
import { serveCommand } from './cli/serve.ts'
import { simulateCommand } from './cli/simulate.ts'
import { connectionRefusal } from './database/connection-refusal.ts'
import { toDatabaseFault } from './database/faults.ts'
import { Fault } from './fault.ts'
import { version } from './version.ts'

const program = new Command('heliograph')
  .description('The live GraphQL API for solar and battery plants.')
  .version(version)
  // Options after a command belong to the command: psql has a --version too.
  .enablePositionalOptions()
  .addCommand(serveCommand())
  .addCommand(migrateCommand(openCommandContext))
  .addCommand(connectCommand())
  .addCommand(pollCommand())
  .addCommand(backfillCommand(openCommandContext, findSource))
  .addCommand(importCommand(openCommandContext))
  .addCommand(exportCommand(openCommandContext))
  .addCommand(deleteCommand(openCommandContext))
  .addCommand(retentionCommand(openCommandContext))
  .addCommand(simulateCommand(openCommandContext))
  .addCommand(rollupCommand(openCommandContext))
  .addCommand(psqlCommand())
  .addCommand(psqlUrlCommand())

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) throw error
  process.exitCode = 1
  const fault = error instanceof Fault ? error : toDatabaseFault(error)
  process.stderr.write(`${fault === undefined ? describeBug(error) : describeFault(fault)}\n`)
}

function describeFault({ code, message, cause }: Fault): string {
  const isAway = code === 'DATABASE_UNAVAILABLE' && cause !== undefined
  const refusal = isAway ? connectionRefusal(cause) : undefined
  const said = refusal ?? (isAway ? 'The database cannot be reached' : message)
  const cure =
    isAway && refusal === undefined ? '\n  Is it running, and is DATABASE_URL right?' : ''
  const reason =
    cause instanceof Error && cause.message !== '' ? `\n  because: ${cause.message}` : ''
  return `${said}${reason}${cure} (${code})`
}

function describeBug(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
