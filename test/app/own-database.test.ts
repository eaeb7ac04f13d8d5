import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { catalogOf } from '../support/catalog.ts'
import { openTestDatabase } from '../support/database.ts'
import { hasHypertable } from '../support/hypertable.ts'
import { run } from '../support/program.ts'
import { createRoles } from '../support/roles.ts'
import { openDataFolder, openServer } from '../support/server.ts'
import {
  ApplyMigrations,
  EveryPlant,
  HealthReport,
  LatestReading,
  LiveReadings,
  PageOfReadings,
  SendReadings,
  StorageStatus,
  Totals,
} from './operations.ts'

const NAMES = Object.keys(migrations)
const storage = hasHypertable('native') ? 'hypertable' : 'regular table'
const INGEST_TOKEN = 'a-token-to-ingest-with'
const reading = { plantId: 1, timestamp: '2026-06-01T12:00:00Z', soc: 50 }

describe('on an empty database', () => {
  test('the server comes up degraded, and is whole after runMigration without a restart', async () => {
    await using database = await openTestDatabase('native', { migrated: false })
    await using server = await openServer({ DATABASE_URL: database.url, INGEST_TOKEN })
    const anybody = server.as()
    const admin = server.as(server.adminToken)
    expect(server.program.stdout).toMatch(
      new RegExp(`^Heliograph .* not ready \\(migrations: ${NAMES.length} pending: .*runMigration`),
    )
    expect(server.program.stdout).toContain('of DATABASE_URL')
    expect(server.program.stdout).not.toContain('simulated')
    expect(server.program.stdout).toMatch(/Sources +none is configured: npm run connect /)
    expect(await catalogOf(database)).toEqual([])

    const { health } = await anybody.ask(HealthReport)
    expect(health.status).toBe('DEGRADED')
    expect(health.checks).toContainEqual({
      name: 'migrations',
      status: 'DEGRADED',
      detail: expect.stringMatching(`^${NAMES.length} pending: .*runMigration`),
    })
    const { schemaStatus } = await anybody.ask(StorageStatus)
    expect(schemaStatus).toMatchObject({
      storage: { kind: 'MISSING' },
      pendingMigrations: NAMES.length,
    })
    for (const refused of [
      anybody.fail(EveryPlant),
      anybody.fail(PageOfReadings),
      anybody.fail(LatestReading),
      anybody.fail(Totals),
      admin.fail(SendReadings, { readings: [reading] }),
    ]) {
      const [error] = await refused
      expect(error?.extensions.code).toBe('SCHEMA_NOT_READY')
      expect(error?.message).toContain('runMigration')
    }
    await using early = anybody.subscribe(LiveReadings)
    await expect(early.next()).rejects.toThrow('SCHEMA_NOT_READY')

    const ready = await fetch(`${server.url}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.text()).toMatch('pending')
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)

    const codeOf = async (token?: string) =>
      (await server.as(token).fail(ApplyMigrations))[0]?.extensions.code
    expect(await codeOf()).toBe('FORBIDDEN')
    expect(await codeOf(INGEST_TOKEN)).toBe('FORBIDDEN')
    expect(await codeOf('not-a-token-of-this-server')).toBe('UNAUTHENTICATED')
    expect(await catalogOf(database)).toEqual([])

    const planned = await admin.ask(ApplyMigrations, { dryRun: true })
    expect(planned.runMigration).toMatchObject({
      status: 'PLANNED',
      steps: NAMES.map((name) => ({ name, status: 'PENDING', error: null })),
    })
    expect(await catalogOf(database)).toEqual([])

    const applied = await admin.ask(ApplyMigrations)
    expect(applied.runMigration).toMatchObject({
      status: 'APPLIED',
      steps: NAMES.map((name) => ({ name, status: 'APPLIED', error: null })),
      notices: [expect.stringContaining(`solark.telemetry is a ${storage}`)],
    })
    await server.program.written(/^Heliograph is ready$/m)
    const migrated = await catalogOf(database)
    expect(migrated.length).toBeGreaterThan(0)
    expect((await admin.ask(ApplyMigrations)).runMigration.status).toBe('UP_TO_DATE')
    expect((await admin.ask(ApplyMigrations, { dryRun: true })).runMigration.status).toBe(
      'UP_TO_DATE',
    )
    expect(await catalogOf(database)).toEqual(migrated)

    await using live = anybody.subscribe(LiveReadings)
    const arriving = live.next()
    await server.as(INGEST_TOKEN).ask(SendReadings, { readings: [reading] })
    expect((await arriving).latestEnergy).toMatchObject({ soc: 50, plant: { plantId: 1 } })
    expect((await anybody.ask(LatestReading)).latestEnergy?.soc).toBe(50)
    expect((await anybody.ask(PageOfReadings)).telemetry.nodes).toHaveLength(1)
    expect((await anybody.ask(EveryPlant)).plants).toHaveLength(1)
    expect((await anybody.ask(Totals)).systemStats.totalEnergySnapshots).toBe(1)
    expect((await anybody.ask(HealthReport)).health.status).toBe('HEALTHY')
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  })

  test('runMigration stops at its target, and an older one is behind', async () => {
    await using database = await openTestDatabase('native', { migrated: false })
    await using server = await openServer({ DATABASE_URL: database.url })
    const admin = server.as(server.adminToken)
    const [first = '', second = ''] = NAMES
    const partly = (await admin.ask(ApplyMigrations, { target: second })).runMigration
    expect(partly.steps.map(({ status }) => status)).toEqual([
      'APPLIED',
      'APPLIED',
      ...NAMES.slice(2).map(() => 'PENDING'),
    ])
    const behind = (await admin.ask(ApplyMigrations, { target: first })).runMigration
    expect(behind.status).toBe('FAILED')
    expect(behind.steps[0]?.error).toContain('TARGET_BEHIND')
    const [unknown] = await admin.fail(ApplyMigrations, { target: '9999_later' })
    expect(unknown?.extensions).toEqual({ code: 'BAD_USER_INPUT', path: ['target'] })
    expect((await admin.ask(ApplyMigrations)).runMigration.status).toBe('APPLIED')
  })

  test('MIGRATE_ON_START and SIMULATE bring everything up at once', async () => {
    await using database = await openTestDatabase('native', { migrated: false })
    await using server = await openServer({
      DATABASE_URL: database.url,
      MIGRATE_ON_START: 'true',
      SIMULATE: '3',
    })
    expect(server.program.stdout).toContain('3 simulated')
    expect(server.program.stdout).not.toContain('pending')
    await expect
      .poll(async () => (await server.as().ask(EveryPlant)).plants.map(({ plantId }) => plantId))
      .toEqual([900_001, 900_002, 900_003])
  })
})

test('a database that is newer than the program is left alone, and health says so', async () => {
  await using database = await openTestDatabase('native')
  await sql`insert into solark.kysely_migration (name, timestamp) values ('9999_later', now()::text)`.execute(
    database.kysely,
  )
  const before = await catalogOf(database)
  await using server = await openServer({ DATABASE_URL: database.url })
  const { health } = await server.as().ask(HealthReport)
  expect(health.status).toBe('DEGRADED')
  expect(JSON.stringify(health.checks)).toContain('9999_later')
  const failed = (await server.as(server.adminToken).ask(ApplyMigrations)).runMigration
  expect(failed.status).toBe('FAILED')
  expect(failed.steps.find(({ name }) => name === '9999_later')).toMatchObject({
    status: 'FAILED',
    error: expect.stringContaining('newer than this Heliograph'),
  })
  expect(await catalogOf(database)).toEqual(before)
  await server.as(server.adminToken).ask(SendReadings, { readings: [reading] })

  await using folder = await openDataFolder()
  const command = await run(['migrate'], {
    DATABASE_URL: database.url,
    HELIOGRAPH_DATA_DIR: folder.path,
  })
  expect(command.code).toBe(1)
  expect(command.stdout).toContain('newer than this Heliograph')
})

test('a role that may not look into the schema gets a degraded server that names the grants', async () => {
  await using database = await openTestDatabase('native')
  await using roles = await createRoles(database, ['guest'])
  const [guest = ''] = roles.names
  await sql.raw(`alter role ${guest} login password 'secret'`).execute(database.kysely)
  const url = new URL(database.url)
  url.username = guest
  url.password = 'secret'
  await using server = await openServer({ DATABASE_URL: url.href })
  const migrationsCheck = async () => {
    const { health } = await server.as().ask(HealthReport)
    return health.checks.find(({ name }) => name === 'migrations')
  }
  const grants = [
    `grant usage on schema solark to ${guest}`,
    `grant select on all tables in schema solark to ${guest}`,
  ]
  expect(server.program.stdout).toContain(grants[0])
  expect(server.program.stdout).toContain(`a ${storage}`)
  for (const grant of grants) {
    expect(await migrationsCheck()).toMatchObject({
      status: 'DEGRADED',
      detail: expect.stringContaining(grant),
    })
    for (const refused of [server.as().fail(EveryPlant), server.as().fail(StorageStatus)]) {
      expect((await refused)[0]?.extensions.code).toBe('DATABASE_FORBIDS')
    }
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
    await sql.raw(grant).execute(database.kysely)
  }
  expect(await migrationsCheck()).toMatchObject({ status: 'HEALTHY' })
  expect((await server.as().ask(EveryPlant)).plants).toEqual([])
  expect((await server.as().ask(StorageStatus)).schemaStatus.pendingMigrations).toBe(0)
})

test('the command migrate plans, stops at a name, reverts, and spares readings', async () => {
  await using database = await openTestDatabase('native', { migrated: false })
  await using folder = await openDataFolder()
  const migrate = (...words: string[]) =>
    run(['migrate', ...words], {
      DATABASE_URL: database.url,
      HELIOGRAPH_DATA_DIR: folder.path,
    })
  const ends = async (words: string[], code: number, said: string | RegExp) => {
    const outcome = await migrate(...words)
    expect(`${outcome.stdout}${outcome.stderr}`).toMatch(said)
    expect(outcome.code).toBe(code)
  }
  await ends(['--dry-run'], 0, /^PENDING .*\n(.*\n)*PLANNED/)
  expect(await catalogOf(database)).toEqual([])
  await ends(['--to', '0000_none'], 1, '0000_none')
  const [beforeLast = '', last = ''] = NAMES.slice(-2)
  await ends(
    ['--to', beforeLast],
    0,
    new RegExp(`${beforeLast}\nPENDING +${last}\n(.*\n)*APPLIED in`),
  )
  const partly = await catalogOf(database)
  await ends([], 0, /APPLIED in/)
  const whole = await catalogOf(database)
  await ends([], 0, 'UP_TO_DATE')
  await ends(['--to', '0001_readings'], 1, 'TARGET_BEHIND')
  await ends(['--down'], 0, new RegExp(`PENDING +${last}`))
  // Earlier migrations apply the newest text of a function; reverting gives it the text that servers of then need.
  const withoutChanged = (catalog: string[]) =>
    catalog.filter((line) => !line.includes('FUNCTION solark.is_noted'))
  expect(withoutChanged(await catalogOf(database))).toEqual(withoutChanged(partly))
  await ends([], 0, /APPLIED in/)
  expect(await catalogOf(database)).toEqual(whole)

  await sql`insert into solark.telemetry (plant_id) values (1)`.execute(database.kysely)
  await ends(['--down'], 1, '--destroy-data')
  await ends(['--destroy-data'], 1, 'only with --down')
  expect(await catalogOf(database)).toEqual(whole)
  for (const _ of NAMES) await ends(['--down', '--destroy-data'], 0, 'APPLIED')
  expect(await catalogOf(database)).toEqual([])
  await ends(['--down'], 0, 'UP_TO_DATE')
})
