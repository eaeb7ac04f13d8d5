import { sql } from 'kysely'
import pg from 'pg'
import { expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { createLogger } from '../../src/log.ts'
import { openServices } from '../../src/services.ts'
import { KEEP_ALL } from '../../src/telemetry/retention/policy.ts'
import { openTestDatabase } from '../support/database.ts'
import { openPooler } from '../support/pooler.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })

const servicesOn = (database: Database) =>
  openServices({
    database,
    migrations,
    staleAfter: 900_000,
    retention: KEEP_ALL,
    slowClientTimeout: 10_000,
    log,
  })

test('a server is ready without notifications, and while a transaction holds the feed up: it answers, and health tells', async () => {
  await using database = await openTestDatabase('native')
  await using pooler = await openPooler(database.url)
  await using behind = openDatabase({ url: pooler.url, poolSize: 4, statementTimeout: 10_000 })
  await using services = servicesOn(behind)
  const feed = async () =>
    (await services.checkHealth('read')).checks.find(({ name }) => name === 'live feed')
  await expect
    .poll(feed)
    .toMatchObject({ status: 'DEGRADED', detail: expect.stringContaining('pooler') })
  expect(await services.checkReadiness()).toEqual({ ready: true })

  const writer = new pg.Client(database.url)
  await writer.connect()
  await writer.query('begin; select pg_current_xact_id()')
  await sql`insert into solark.telemetry (plant_id, timestamp) values (1, now())`.execute(
    database.kysely,
  )
  await sql`update solark.telemetry_change set noted_at = noted_at - interval '2 hours'`.execute(
    database.kysely,
  )
  await expect.poll(feed).toMatchObject({ detail: expect.stringContaining('lag 720') })
  expect(await services.checkReadiness()).toEqual({ ready: true })
  await writer.end()
})

test('a server stays ready when the database becomes newer, as during an upgrade, but not if it lacks a migration', async () => {
  await using database = await openTestDatabase('native')
  await using services = servicesOn(database)
  const migrationsCheck = async () =>
    (await services.checkHealth('read')).checks.find(({ name }) => name === 'migrations')
  await sql`insert into solark.kysely_migration (name, timestamp) values ('9999_later', now()::text)`.execute(
    database.kysely,
  )
  expect(await migrationsCheck()).toMatchObject({
    status: 'DEGRADED',
    detail: expect.stringContaining('9999_later'),
  })
  expect(await services.checkReadiness()).toEqual({ ready: true })

  const [known = ''] = Object.keys(migrations)
  await sql`delete from solark.kysely_migration where name = ${known}`.execute(database.kysely)
  expect(await services.checkReadiness()).toMatchObject({
    ready: false,
    reason: expect.stringContaining('newer'),
  })
})
