import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/database/database.ts'
import { openTestDatabase } from '../support/database.ts'

const open = (url: string) => openDatabase({ url, poolSize: 2, statementTimeout: 5000 })

describe('no connection, whatever the reason, is DATABASE_UNAVAILABLE', () => {
  const reasons: [string, (url: URL) => void][] = [
    ['no TLS at the server', (url) => url.searchParams.set('sslmode', 'verify-full')],
    [
      'a certificate that is not there',
      (url) => url.searchParams.set('sslrootcert', '/nonexistent.pem'),
    ],
    ['a wrong password', (url) => (url.password = 'wrong')],
    ['no such database', (url) => (url.pathname = '/nonexistent')],
  ]
  test.for(reasons)('%s', async ([, spoil]) => {
    await using server = await openTestDatabase('native', { migrated: false })
    const url = new URL(server.url)
    spoil(url)
    await using database = open(url.href)
    const told = { code: 'DATABASE_UNAVAILABLE', cause: expect.any(Error) }
    await expect(sql`select 1`.execute(database.kysely)).rejects.toMatchObject(told)
    await expect(database.openSession('test')).rejects.toMatchObject(told)
  })
})

test('settings of a role or a database change nothing', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  const name = new URL(server.url).pathname.slice(1)
  for (const setting of [
    "timezone = 'America/Los_Angeles'",
    "datestyle = 'SQL, DMY'",
    'extra_float_digits = 0',
    "default_transaction_isolation = 'serializable'",
    "statement_timeout = '1ms'",
    "idle_in_transaction_session_timeout = '1ms'",
  ]) {
    await sql`alter database ${sql.id(name)} set ${sql.raw(setting)}`.execute(server.kysely)
  }
  await using database = open(server.url)
  await using session = await database.openSession('test')
  for (const { kysely } of [database, session]) {
    const { rows } = await sql`
      select timestamptz '2026-06-21 18:04:05.000001Z' as time, 0.1::float8 + 0.2::float8 as sum,
        current_setting('transaction_isolation') as isolation from pg_sleep(0.01)`.execute(kysely)
    expect(rows).toEqual([
      {
        time: Date.UTC(2026, 5, 21, 18, 4, 5) * 1000 + 1,
        sum: 0.1 + 0.2,
        isolation: 'read committed',
      },
    ])
  }
})
