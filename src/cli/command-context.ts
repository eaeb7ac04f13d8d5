import { migrations } from '../../migrations/index.ts'
import { readConfig } from '../config.ts'
import { openConfiguredDatabase } from '../database/configured-database.ts'
import type { Database } from '../database/database.ts'
import { createLogger } from '../log.ts'
import type { RetentionPolicy } from '../telemetry/retention/policy.ts'

/** What a command works with. */
export interface CommandContext extends AsyncDisposable {
  readonly database: Database
  /** Relative file names start here. */
  readonly workingDirectory: string
  /** For `.catch` of what writes: throws STORAGE_FULL if the disk of the embedded database is full. */
  readonly rethrow: (error: unknown) => never
  readonly retention: RetentionPolicy
}

export interface CommandContextOptions {
  /** Apply no migrations, for the command that is about them. */
  asItIs?: boolean
  /** Aborts when the person gives up: then a database that does not answer is no longer waited for. */
  signal?: AbortSignal
  /** Variables of the environment that the command sets itself. */
  environment?: Record<string, string>
}

export type OpenCommandContext = (options?: CommandContextOptions) => Promise<CommandContext>

/**
 * Opens the configured database: the embedded one, whether a server runs on it or not, with its migrations applied, or
 * the one of DATABASE_URL as it is, unless MIGRATE_ON_START says otherwise.
 */
export async function openCommandContext({
  asItIs = false,
  signal,
  environment,
}: CommandContextOptions = {}): Promise<CommandContext> {
  const config = readConfig(environment)
  const { database, explain, ...configured } = await openConfiguredDatabase(config, {
    role: 'guest',
    migrations: config.migrateOnStart && !asItIs ? migrations : undefined,
    closing: signal,
    log: createLogger(config),
  })
  return {
    database,
    workingDirectory: config.workingDirectory,
    rethrow: (error) => {
      throw explain(error)
    },
    retention: config.retention,
    [Symbol.asyncDispose]: () => configured[Symbol.asyncDispose](),
  }
}
