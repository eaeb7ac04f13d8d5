import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { migrateAll } from './migrate-all.ts'

const TEMPLATE = 'template_migrated'

/** Makes the database that migrated ones are copied from, which takes a fraction of migrating each. */
export async function createTemplate(postgresUrl: string): Promise<void> {
  await administer(postgresUrl, `create database ${TEMPLATE}`)
  await using database = connectTo(addressOf(postgresUrl, TEMPLATE))
  await migrateAll(database)
}

/** A database of its own in the PostgreSQL of the run, dropped when disposed: which fails while it is in use. */
export async function openNative(
  postgresUrl: string,
  migrated: boolean,
): Promise<Database & { url: string }> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(postgresUrl, `create database ${name}${migrated ? ` template ${TEMPLATE}` : ''}`)
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
