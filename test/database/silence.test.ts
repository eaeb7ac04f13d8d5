import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { toDatabaseFault } from '../../src/database/faults.ts'
import { openTestDatabase } from '../support/database.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'

const code = (error: unknown) => toDatabaseFault(error)?.code

test('a session of long work goes on while it is silent, and ends when the network is gone', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  await using proxy = await openTcpProxy(server.url)
  await using database = openDatabase({ url: proxy.url, poolSize: 2, statementTimeout: 1000 })
  await using session = await database.openSession('test')
  // Longer than it takes to suspect the network.
  await sql`select pg_sleep(12)`.execute(session.kysely)
  expect(database.unavailableSince).toBeUndefined()

  proxy.silence()
  const lost = sql`select 1`.execute(session.kysely)
  expect(await lost.catch(code)).toBe('DATABASE_UNAVAILABLE')
  expect(database.unavailableSince).toEqual(expect.any(Number))
})

test('a request of several statements may take longer than one of them', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  await using database = openDatabase({ url: server.url, poolSize: 2, statementTimeout: 1000 })
  await database.kysely.transaction().execute(async (transaction) => {
    for (let statement = 1; statement <= 6; statement++) {
      await sql`select pg_sleep(0.8)`.execute(transaction)
    }
  })
})

test('what is to end does not wait for a database that answers nobody', async () => {
  await using server = await openTestDatabase('native')
  await using proxy = await openTcpProxy(server.url)
  const closing = new AbortController()
  const options = { url: proxy.url, poolSize: 2, statementTimeout: 60_000 }
  await using database = openDatabase({ ...options, closing: closing.signal })
  await using other = openDatabase(options)
  await using session = await database.openSession('test')
  for (const { kysely } of [database, other]) await sql`select 1`.execute(kysely)
  proxy.silence()
  const ask = ({ kysely }: Pick<Database, 'kysely'>) => sql`select 1`.execute(kysely).catch(code)
  const waiting = ask(other)
  const lost = Promise.all([database, session].map(ask))
  closing.abort()
  expect(await Promise.race([lost, waiting])).toEqual([
    'DATABASE_UNAVAILABLE',
    'DATABASE_UNAVAILABLE',
  ])
  expect(await waiting).toBe('DATABASE_UNAVAILABLE')
})
