import { Command } from 'commander'
import { deleteCommand } from '../../src/cli/delete.ts'
import { exportCommand } from '../../src/cli/export.ts'
import { importCommand } from '../../src/cli/import.ts'
import type { OpenWorkbench } from '../../src/cli/workbench.ts'
import { parseConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/database/database.ts'
import { Fault } from '../../src/fault.ts'

/** A program of its own with the commands that work on readings, on the database in DATABASE_URL. */
const open: OpenWorkbench = async () => {
  const url = process.env.DATABASE_URL ?? ''
  const config = parseConfig({ DATABASE_URL: url })
  const database = openDatabase({ url, poolSize: 2, statementTimeout: 30_000 })
  return {
    config,
    database,
    workingDirectory: config.workingDirectory,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

try {
  await new Command('heliograph')
    .addCommand(importCommand(open))
    .addCommand(exportCommand(open))
    .addCommand(deleteCommand(open))
    .parseAsync()
} catch (error) {
  if (!(error instanceof Fault)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
