import { migrations } from '../../migrations/index.ts'
import { readConfig } from '../config.ts'
import { type Database, openDatabase } from '../database/database.ts'
import { asFullDisk } from '../database/embedded/disk-space.ts'
import { openEmbeddedPostgres } from '../database/embedded/embedded-postgres.ts'
import { migrateFirst } from '../database/migrate.ts'
import { createLogger } from '../log.ts'
import type { RetentionPolicy } from '../telemetry/retention/policy.ts'

/** What a command works on. */
export interface CommandContext extends AsyncDisposable {
  readonly database: Database
  /** Relative file names start here. */
  readonly workingDirectory: string
  /** Throws the error of a writer: STORAGE_FULL where the disk of the embedded database is behind it. */
  readonly refuse: (error: unknown) => never
  readonly retention: RetentionPolicy
}

export interface CommandContextOptions {
  /** Without the migrations, for the command that is about them. */
  asItIs?: boolean
  /** Aborts when the person gives up: then a database that does not answer is no longer waited for. */
  signal?: AbortSignal
  /** Variables of the environment that the command sets itself. */
  environment?: Record<string, string>
}

export type OpenCommandContext = (options?: CommandContextOptions) => Promise<CommandContext>

/**
 * Opens the configured database: the embedded one whether a server runs on it or not, with its migrations
 * applied, or the one of DATABASE_URL as it is.
 */
export async function openCommandContext({
  asItIs = false,
  signal,
  environment,
}: CommandContextOptions = {}): Promise<CommandContext> {
  const config = readConfig(environment)
  const log = createLogger(config)
  await using opening = new AsyncDisposableStack()
  const { dataDir } = config
  const embedded =
    config.databaseUrl === undefined
      ? opening.use(await openEmbeddedPostgres({ dataDir, role: 'guest', log }))
      : undefined
  const database = opening.use(
    openDatabase({
      url: embedded?.url ?? config.databaseUrl ?? '',
      poolSize: config.databasePoolSize,
      statementTimeout: config.statementTimeout,
      closing: signal,
    }),
  )
  const refuse = (error: unknown): never => {
    throw (embedded && asFullDisk(embedded.disk, error)) ?? error
  }
  if (config.migrateOnStart && !asItIs) {
    await migrateFirst(database, migrations, signal).catch(refuse)
  }
  const open = opening.move()
  return {
    database,
    workingDirectory: config.workingDirectory,
    refuse,
    retention: config.retention,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
