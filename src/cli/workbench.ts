import { migrations } from '../../migrations/index.ts'
import { readConfig } from '../config.ts'
import { type Database, openDatabase } from '../database/database.ts'
import { openEmbeddedPostgres } from '../database/embedded/embedded-postgres.ts'
import { migrateFirst } from '../database/migrate-first.ts'
import { createLogger } from '../log.ts'

/** What a command works on. */
export interface Workbench extends AsyncDisposable {
  readonly database: Database
  /** Relative file names start here. */
  readonly workingDirectory: string
}

export interface WorkbenchOptions {
  /** Without the migrations, for the command that is about them. */
  asItIs?: boolean
  /** Aborts when the person gives up: then a database that does not answer is no longer waited for. */
  signal?: AbortSignal
}

export type OpenWorkbench = (options?: WorkbenchOptions) => Promise<Workbench>

/**
 * Opens the configured database: the embedded one whether a server runs on it or not, with its migrations
 * applied, or the one of DATABASE_URL as it is.
 */
export async function openWorkbench({
  asItIs = false,
  signal,
}: WorkbenchOptions = {}): Promise<Workbench> {
  const config = readConfig()
  const log = createLogger(config)
  await using opening = new AsyncDisposableStack()
  const url =
    config.databaseUrl ??
    opening.use(await openEmbeddedPostgres({ dataDir: config.dataDir, role: 'guest', log })).url
  const database = opening.use(
    openDatabase({
      url,
      poolSize: config.databasePoolSize,
      statementTimeout: config.statementTimeout,
      closing: signal,
    }),
  )
  if (config.migrateOnStart && !asItIs) await migrateFirst(database, migrations, signal)
  const open = opening.move()
  return {
    database,
    workingDirectory: config.workingDirectory,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
