import { sql } from 'kysely'
import { describe, expect, inject, test } from 'vitest'
import { openDatabase } from '../../src/database/database.ts'
import { toDatabaseFault } from '../../src/database/faults.ts'
import { readPlants, upsertPlant } from '../../src/telemetry/plant.ts'
import { openTestDatabase } from '../support/database.ts'
import { migrateAll } from '../support/migrate-all.ts'

const open = (url: string) => openDatabase({ url, poolSize: 2, statementTimeout: 5000 })

describe('no connection, whatever the reason, is DATABASE_UNAVAILABLE', () => {
  const asksForPassword = new URL(inject('postgresUrl')).password !== ''
  const reasons: [string, (url: URL) => void, boolean?][] = [
    ['no TLS at the server', (url) => url.searchParams.set('sslmode', 'verify-full')],
    [
      'a certificate that is not there',
      (url) => url.searchParams.set('sslrootcert', '/nonexistent.pem'),
    ],
    ['a wrong password', (url) => (url.password = 'wrong'), asksForPassword],
    ['no such database', (url) => (url.pathname = '/nonexistent')],
  ]
  test.for(reasons.filter(([, , applies = true]) => applies))('%s', async ([, spoil]) => {
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
  // Takes the place of the function of PostgreSQL for whoever looks names up here first.
  await sql`create schema shadow`.execute(server.kysely)
  await sql`
    create function shadow.current_setting(text) returns text language sql as $$ select 'shadow' $$`.execute(
    server.kysely,
  )
  for (const setting of [
    "timezone = 'America/Los_Angeles'",
    "datestyle = 'SQL, DMY'",
    "intervalstyle = 'iso_8601'",
    'extra_float_digits = 0',
    "bytea_output = 'escape'",
    'array_nulls = off',
    'standard_conforming_strings = off',
    "client_min_messages = 'error'",
    "client_encoding = 'LATIN1'",
    'search_path = shadow, pg_catalog',
    "session_replication_role = 'replica'",
    "default_transaction_isolation = 'serializable'",
    "statement_timeout = '1ms'",
    "lock_timeout = '1min'",
    "idle_session_timeout = '1min'",
    "transaction_timeout = '1min'",
    "idle_in_transaction_session_timeout = '1ms'",
  ]) {
    await sql`alter database ${sql.id(name)} set ${sql.raw(setting)}`.execute(server.kysely)
  }
  await using database = open(server.url)
  await using session = await database.openSession('test')
  for (const { kysely } of [database, session]) {
    const { rows } = await sql`
      select timestamptz '2026-06-21 18:04:05.000001Z' as time, 0.1::float8 + 0.2::float8 as sum,
        current_setting('transaction_isolation') as isolation, '{NULL}'::text[] as nothing,
        ${sql.lit('a\\b')} as backslash, '€' as euro, interval '90 minutes' as span,
        '\\x5c'::bytea::text as bytes, current_setting('lock_timeout') as waiting,
        current_setting('idle_session_timeout') as idle, current_setting('transaction_timeout') as long,
        current_setting('session_replication_role') as triggers
      from pg_sleep(0.01)`.execute(kysely)
    expect(rows).toEqual([
      {
        time: Date.UTC(2026, 5, 21, 18, 4, 5) * 1000 + 1,
        sum: 0.1 + 0.2,
        isolation: 'read committed',
        nothing: [null],
        backslash: 'a\\b',
        euro: '€',
        span: expect.objectContaining({ hours: 1, minutes: 30 }),
        bytes: '\\x5c',
        waiting: '0',
        idle: '0',
        long: '0',
        triggers: 'origin',
      },
    ])
  }
  await sql`do $$ begin raise notice 'heard'; end $$`.execute(session.kysely)
  expect(session.notices).toContain('heard')
})

test('in a database encoded in LATIN1 text comes back as it was, and what it cannot hold is bad input', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  const name = `${new URL(server.url).pathname.slice(1)}_latin1`
  await sql`
      create database ${sql.id(name)} template template0 encoding 'LATIN1' locale_provider libc locale 'C'`.execute(
    server.kysely,
  )
  const url = new URL(server.url)
  url.pathname = `/${name}`
  try {
    await using database = open(url.href)
    await migrateAll(database)
    await upsertPlant(database.kysely, { id: 1, name: 'Zürich' })
    expect(await readPlants(database.kysely)).toMatchObject([{ id: 1, name: 'Zürich' }])
    const refused = await upsertPlant(database.kysely, { id: 1, name: 'Dach ☀️' }).catch(
      toDatabaseFault,
    )
    expect(refused).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('encoding'),
    })
  } finally {
    await sql`drop database ${sql.id(name)}`.execute(server.kysely)
  }
})
