import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import { type Database, type DatabaseOptions, openDatabase } from './database.ts'
import { asFullDisk, type Disk } from './embedded/disk-space.ts'
import { openEmbeddedPostgres } from './embedded/embedded-postgres.ts'
import { toDatabaseFault } from './faults.ts'
import { type Migrations, migrateFirst } from './migrate.ts'
import { waitForDatabase } from './wait-for-database.ts'

/** The database that the configuration names: the embedded one, or the one of DATABASE_URL. */
export interface ConfiguredDatabase extends AsyncDisposable {
  readonly database: Database
  /** The disk of the embedded database; undefined: DATABASE_URL is set. */
  readonly disk: Disk | undefined
  /** What the database said while migrations were applied. */
  readonly notices: readonly string[]
  /** The fault that tells what an error means, STORAGE_FULL if a full disk is behind it; else the error itself. */
  explain(error: unknown): unknown
}

export interface ConfiguredDatabaseOptions
  extends Omit<DatabaseOptions, 'url' | 'poolSize' | 'statementTimeout'> {
  /**
   * The server waits for the database of DATABASE_URL to come up, and is the one server of an embedded database; a guest
   * shares what runs.
   */
  role: 'server' | 'guest'
  /** Applied before anything else; undefined: the database is opened as it is. */
  migrations: Migrations | undefined
  log: Logger
}

export async function openConfiguredDatabase(
  config: Pick<
    Config,
    'databaseUrl' | 'databasePoolSize' | 'databaseStartTimeout' | 'dataDir' | 'statementTimeout'
  >,
  { role, migrations, log, ...options }: ConfiguredDatabaseOptions,
): Promise<ConfiguredDatabase> {
  await using opening = new AsyncDisposableStack()
  const { dataDir, databaseUrl, databaseStartTimeout: limit } = config
  const embedded =
    databaseUrl === undefined
      ? opening.use(await openEmbeddedPostgres({ dataDir, role, log }))
      : undefined
  const explain = (error: unknown): unknown =>
    (embedded && asFullDisk(embedded.disk, error)) ?? toDatabaseFault(error) ?? error
  if (databaseUrl !== undefined && role === 'server') {
    const words = `Waiting for the database at ${placeOf(databaseUrl)}, for up to ${limit / 1000} s`
    await waitForDatabase({
      url: databaseUrl,
      limit,
      signal: options.closing,
      onWaiting: (cause) => log.warn({ err: cause }, words),
    })
  }
  const database = opening.use(
    openDatabase({
      ...options,
      url: embedded?.url ?? databaseUrl ?? '',
      poolSize: config.databasePoolSize,
      statementTimeout: config.statementTimeout,
    }),
  )
  const notices: string[] = []
  if (migrations !== undefined) {
    const run = await migrateFirst(database, migrations, options.closing).catch((error) => {
      throw explain(error)
    })
    notices.push(...run.notices)
  }
  const open = opening.move()
  return {
    database,
    disk: embedded?.disk,
    notices,
    explain,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** Host and port, with no secret. */
function placeOf(databaseUrl: string): string {
  const { host, searchParams } = new URL(databaseUrl)
  return host || searchParams.get('host') || 'localhost'
}
