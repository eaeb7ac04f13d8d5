import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { readStorage } from '../../src/database/storage.ts'
import { migrateAll } from './migrate-all.ts'

/** The database that migrated ones are copied from, which takes a fraction of migrating each. */
export interface Template extends AsyncDisposable {
  readonly name: string
  /** Whether the migrations made a hypertable in it. */
  readonly hasHypertable: boolean
}

export async function createTemplate(postgresUrl: string): Promise<Template> {
  const name = `template_${randomBytes(6).toString('hex')}`
  await administer(postgresUrl, `create database ${name}`)
  const drop = () => administer(postgresUrl, `drop database ${name} (force)`)
  try {
    const hasHypertable = await migrateTemplate(addressOf(postgresUrl, name))
    // TimescaleDB has a process in each database, and a database in use cannot be copied.
    await administer(postgresUrl, `alter database ${name} allow_connections false`)
    await administer(
      postgresUrl,
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${name}'`,
    )
    return { name, hasHypertable, [Symbol.asyncDispose]: drop }
  } catch (error) {
    await drop()
    throw error
  }
}

async function migrateTemplate(url: string): Promise<boolean> {
  await using database = connectTo(url)
  await migrateAll(database)
  return (await readStorage(database.kysely)).kind === 'HYPERTABLE'
}

/**
 * A database of its own in the PostgreSQL of the run, a copy of the template if one is named. Disposing drops it, and
 * fails while it is in use.
 */
export async function openNative(
  postgresUrl: string,
  template: string | undefined,
): Promise<Database & { url: string }> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(
    postgresUrl,
    `create database ${name}${template === undefined ? '' : ` template ${template}`}`,
  )
  const url = addressOf(postgresUrl, name)
  const database = connectTo(url)
  return {
    ...database,
    url,
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]()
      await administer(postgresUrl, `drop database ${name}`)
    },
  }
}

function connectTo(url: string): Database {
  return openDatabase({ url, poolSize: 4, statementTimeout: 30_000 })
}

function addressOf(postgresUrl: string, name: string): string {
  const url = new URL(postgresUrl)
  url.pathname = `/${name}`
  return url.href
}

async function administer(postgresUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
