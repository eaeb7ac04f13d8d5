import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { migrations } from '../../migrations/index.ts'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { administratorUrl } from '../../src/database/embedded/connection.ts'
import { dataFolder } from '../../src/database/embedded/data-folder.ts'
import { openEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.ts'
import { migrateFirst } from '../../src/database/migrate.ts'
import { createLogger } from '../../src/log.ts'

/** The PostgreSQL that users get, in a folder of its own that goes with it. */
export interface BenchPostgres extends AsyncDisposable {
  /** Makes a database with every migration applied. */
  openDatabase(name: string): Promise<BenchDatabase>
  /** Makes a database without migrations, empty or as a copy of another; answers its address. */
  createDatabase(name: string, template?: string): Promise<string>
  dropDatabase(name: string): Promise<void>
  connect(url: string): Database
}

export interface BenchDatabase extends Database {
  readonly url: string
}

export async function openPostgres(): Promise<BenchPostgres> {
  await using opening = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'heliograph-bench-'))
  opening.defer(() => rm(dataDir, { recursive: true }))
  const log = createLogger({ logLevel: 'warn', logFormat: 'json' })
  const postgres = opening.use(await openEmbeddedPostgres({ dataDir, role: 'server', log }))
  // It makes databases.
  const url = await administratorUrl(dataFolder(dataDir), Number(new URL(postgres.url).port))
  const open = opening.move()
  const connect = (address: string) =>
    openDatabase({ url: address, poolSize: 4, statementTimeout: 60_000 })
  const createDatabase = async (name: string, template = 'template1') => {
    await query(url, `create database ${name} template ${template}`)
    const own = new URL(url)
    own.pathname = `/${name}`
    return own.href
  }
  return {
    connect,
    createDatabase,
    dropDatabase: (name) => query(url, `drop database ${name}`),
    openDatabase: async (name) => {
      const own = await createDatabase(name)
      const database = connect(own)
      await migrateFirst(database, migrations)
      return { ...database, url: own }
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, statement: string): Promise<void> {
  await using client = await openClient(url)
  await client.query(statement)
}

export interface BenchClient extends pg.Client, AsyncDisposable {}

/** A bare connection, as baselines use it. */
export async function openClient(url: string): Promise<BenchClient> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}
