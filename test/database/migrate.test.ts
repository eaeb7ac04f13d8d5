import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { migrate, revertLast } from '../../src/database/migrate.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi } from '../support/api.ts'
import { engines, openTestDatabase } from '../support/database.ts'
import { hasHypertable } from '../support/hypertable.ts'

const Run = graphql(`
  mutation Run($target: String, $dryRun: Boolean! = false) {
    runMigration(target: $target, dryRun: $dryRun) {
      status
      steps {
        name
        status
        appliedAt
        error
      }
      notices
    }
  }
`)

const Status = graphql(`
  query Status {
    schemaStatus {
      storage {
        kind
        timescaledbVersion
        timescaledbLicense
        reason
      }
      tables {
        schema
        name
        kind
        columns {
          name
          type
          nullable
          comment
        }
        indexes {
          name
        }
      }
      hypertables {
        schema
        name
        chunks
        chunkInterval
        compressionEnabled
        retention
      }
      migrations {
        name
        status
      }
      pendingMigrations
    }
    health {
      status
      checks {
        name
        status
        detail
      }
    }
  }
`)

const names = Object.keys(migrations)

/** Everything in the catalog that a migration could have touched. */
async function catalog(kysely: Kysely<never>): Promise<unknown[]> {
  const { rows } = await sql`
    select 'relation', relname::text, relkind::text, relnatts from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = 'solark' and relname !~ '^kysely'
    union all
    select 'function', proname, prokind::text, pronargs from pg_proc
    join pg_namespace on pg_namespace.oid = pronamespace where nspname = 'solark'
    union all
    select 'trigger', tgname, tgrelid::regclass::text, tgtype from pg_trigger
    where not tgisinternal and tgrelid::regclass::text like 'solark.%'
    order by 1, 2, 3`.execute(kysely)
  return rows
}

describe.each(engines)('runMigration on %s', (engine) => {
  test('goes from an empty database to the whole schema, a step at a time, and says so', async () => {
    await using api = await openTestApi(engine, { migrated: false })

    const before = await catalog(api.database.kysely.withTables<never>())
    const planned = await api.ask(Run, { dryRun: true })
    expect(planned.runMigration).toMatchObject({ status: 'PLANNED', notices: [] })
    expect(planned.runMigration.steps.map(({ status }) => status)).toEqual(
      names.map(() => 'PENDING'),
    )
    const { rows: schemas } = await sql`select from pg_namespace where nspname = 'solark'`.execute(
      api.database.kysely,
    )
    expect(schemas).toEqual([])
    expect(await catalog(api.database.kysely.withTables<never>())).toEqual(before)

    const { schemaStatus, health } = await api.ask(Status)
    expect(schemaStatus.storage.kind).toBe('MISSING')
    expect(schemaStatus.storage.reason).toContain('runMigration')
    expect(schemaStatus.pendingMigrations).toBe(names.length)
    expect(health.status).toBe('DEGRADED')
    expect(health.checks.find(({ name }) => name === 'migrations')?.detail).toContain(
      `${names.length} pending`,
    )

    const first = await api.ask(Run, { target: names[0] ?? '' })
    expect(first.runMigration.status).toBe('APPLIED')
    expect(first.runMigration.steps.map(({ status }) => status)).toEqual([
      'APPLIED',
      ...names.slice(1).map(() => 'PENDING'),
    ])
    const rest = await api.ask(Run)
    expect(rest.runMigration.status).toBe('APPLIED')
    expect(first.runMigration.notices.join()).toContain(
      !hasHypertable(engine)
        ? 'solark.telemetry is a regular table: TimescaleDB is not installed'
        : 'solark.telemetry is a hypertable by timestamp',
    )
    expect((await api.ask(Run)).runMigration.status).toBe('UP_TO_DATE')
    expect((await api.ask(Run, { dryRun: true })).runMigration.status).toBe('UP_TO_DATE')

    const behind = await api.ask(Run, { target: names[0] ?? '' })
    expect(behind.runMigration.status).toBe('FAILED')
    expect(behind.runMigration.steps[0]?.error).toContain('TARGET_BEHIND')
    const [unknown] = await api.fail(Run, { target: 'nonsense' })
    expect(unknown?.extensions).toEqual({ code: 'BAD_USER_INPUT', path: ['target'] })
    expect((await api.fail(Run, {}, 'ingest'))[0]?.extensions.code).toBe('FORBIDDEN')

    await sql`insert into solark.telemetry (timestamp) values ('2026-01-01'), ('2026-03-01')`.execute(
      api.database.kysely,
    )
    const after = (await api.ask(Status)).schemaStatus
    expect(after.storage).toEqual(
      !hasHypertable(engine)
        ? {
            kind: 'REGULAR_TABLE',
            timescaledbVersion: null,
            timescaledbLicense: null,
            reason: 'TimescaleDB is not installed',
          }
        : {
            kind: 'HYPERTABLE',
            timescaledbVersion: expect.stringMatching(/^2\./),
            timescaledbLicense: 'timescale',
            reason: null,
          },
    )
    expect(after.hypertables).toEqual(
      !hasHypertable(engine)
        ? []
        : [
            {
              schema: 'solark',
              name: 'telemetry',
              chunks: 2,
              chunkInterval: 'P30D',
              compressionEnabled: false,
              retention: null,
            },
          ],
    )
    expect(after.migrations).toEqual(names.map((name) => ({ name, status: 'APPLIED' })))
    const own = after.tables.filter(({ name }) => !name.startsWith('kysely'))
    expect(own.map(({ schema, name, kind }) => `${schema}.${name} ${kind}`)).toEqual([
      'solark.alert table',
      'solark.alert_message table',
      'solark.counted_chunk table',
      'solark.counter table',
      'solark.counter_run table',
      'solark.disk_sample table',
      'solark.energy_day view',
      'solark.energy_quarter_hour view',
      'solark.feed table',
      'solark.latest table',
      'solark.plant table',
      'solark.price table',
      'solark.reading_count table',
      'solark.retention_run table',
      'solark.rollup table',
      'solark.rollup_hour table',
      'solark.rollup_quarter table',
      'solark.source table',
      'solark.source_hour table',
      'solark.tariff table',
      `solark.telemetry ${hasHypertable(engine) ? 'hypertable' : 'table'}`,
      'solark.telemetry_change table',
      'solark.telemetry_log table',
    ])
    const telemetry = own.find(({ name }) => name === 'telemetry')
    expect(telemetry?.columns.filter(({ comment }) => comment === null)).toEqual([])
    expect(telemetry?.columns.find(({ name }) => name === 'batt_power')).toEqual({
      name: 'batt_power',
      type: 'double precision',
      nullable: true,
      comment: 'W; + discharging, - charging',
    })
    expect(telemetry?.indexes.map(({ name }) => name)).toEqual([
      'telemetry_pkey',
      'telemetry_timestamp_plant_id_idx',
    ])
  })

  test('a step that fails leaves everything as it was, and is named with its message', async () => {
    await using api = await openTestApi(engine, {
      migrated: false,
      migrations: {
        ...migrations,
        '0900_breaks': {
          up: async (db) => {
            await db.schema.createTable('solark.half_made').addColumn('id', 'integer').execute()
            await sql`select 1 / 0`.execute(db)
          },
        },
        '0901_never': { up: async () => {} },
      },
    })
    const { runMigration } = await api.ask(Run)
    expect(runMigration.status).toBe('FAILED')
    expect(runMigration.steps.map(({ status }) => status)).toEqual([
      ...names.map(() => 'PENDING'),
      'FAILED',
      'NOT_EXECUTED',
    ])
    expect(runMigration.steps.at(-2)?.error).toContain('division by zero')
    expect(await catalog(api.database.kysely.withTables<never>())).toEqual([])
    expect((await api.ask(Status)).schemaStatus.storage.kind).toBe('MISSING')
  })

  test('a database that is newer than the code is left alone, and health says so', async () => {
    await using api = await openTestApi(engine)
    await sql`
      insert into solark.kysely_migration (name, timestamp)
      values ('9999_from_the_future', '2026-01-01T00:00:00.000Z')`.execute(api.database.kysely)
    const { runMigration } = await api.ask(Run)
    expect(runMigration.status).toBe('FAILED')
    expect(runMigration.steps.at(-1)).toMatchObject({
      name: '9999_from_the_future',
      status: 'FAILED',
      error: expect.stringContaining('newer than this Heliograph'),
    })
    const { health } = await api.ask(Status)
    expect(health.status).toBe('DEGRADED')
    expect(health.checks.find(({ name }) => name === 'migrations')?.detail).toContain('newer')
  })

  test('a database of the time before the first release is left alone, and it is said how to move', async () => {
    await using api = await openTestApi(engine, { migrated: false })
    const { kysely } = api.database
    await sql`create schema solark`.execute(kysely)
    await sql`create table solark.kysely_migration (name text, timestamp text)`.execute(kysely)
    await sql`
      insert into solark.kysely_migration
      values ('0001_plant', '2026-01-01T00:00:00.000Z')`.execute(kysely)
    const { runMigration } = await api.ask(Run)
    expect(runMigration.status).toBe('FAILED')
    expect(runMigration.steps.at(-1)).toMatchObject({
      name: '0001_plant',
      error: expect.stringMatching(/before the first release.* export .* new database.* import/),
    })
    expect((await catalog(kysely.withTables<never>())).length).toBe(0)
  })

  test('down takes back what up made, one migration at a time, and up makes it again', async () => {
    await using database = await openTestDatabase(engine)
    const made = await catalog(database.kysely.withTables<never>())
    await using session = await database.openSession('test')
    for (const name of names.toReversed()) {
      const run = await revertLast(session, migrations)
      expect(run.status).toBe('APPLIED')
      expect(run.steps.find((step) => step.name === name)?.status).toBe('PENDING')
    }
    expect(await catalog(database.kysely.withTables<never>())).toEqual([])
    expect((await revertLast(session, migrations)).status).toBe('UP_TO_DATE')
    expect((await migrate(session, { migrations })).status).toBe('APPLIED')
    expect(await catalog(database.kysely.withTables<never>())).toEqual(made)
  })
})

test('while somebody migrates, a call answers ALREADY_RUNNING at once, and one that waits ends UP_TO_DATE', async () => {
  await using database = await openTestDatabase('native', { migrated: false })
  const begun = Promise.withResolvers<void>()
  const finish = Promise.withResolvers<void>()
  const slow = {
    ...migrations,
    '0900_slow': {
      up: async () => {
        begun.resolve()
        await finish.promise
      },
    },
  }
  await using first = await database.openSession('first')
  await using second = await database.openSession('second')
  await using third = await database.openSession('third')
  const running = migrate(first, { migrations: slow })
  await begun.promise
  expect((await migrate(second, { migrations: slow })).status).toBe('ALREADY_RUNNING')
  const impatient = new AbortController()
  const waitingInVain = migrate(second, { migrations: slow, wait: true, signal: impatient.signal })
  impatient.abort()
  await expect(waitingInVain).rejects.toThrow('aborted')
  const waiting = migrate(third, { migrations: slow, wait: true })
  finish.resolve()
  expect((await running).status).toBe('APPLIED')
  expect((await waiting).status).toBe('UP_TO_DATE')
})

test('where the role may not make the schema, the first step says so', async () => {
  await using api = await openTestApi('native', { migrated: false })
  await using session = await api.database.openSession('test')
  await sql`create role guest`.execute(session.kysely)
  try {
    await sql`set role guest`.execute(session.kysely)
    const { status, steps } = await migrate(session, { migrations })
    expect([status, steps[0]]).toMatchObject([
      'FAILED',
      { status: 'FAILED', error: expect.stringContaining('permission denied') },
    ])
  } finally {
    await sql`reset role`.execute(session.kysely)
    await sql`drop role guest`.execute(session.kysely)
  }
})

test('a view in the place of the table is told of as what it is', async () => {
  await using api = await openTestApi('native', { migrated: false })
  const { kysely } = api.database
  await sql`create schema solark`.execute(kysely)
  await sql`create view solark.telemetry as select 1 as plant_id`.execute(kysely)
  const { schemaStatus } = await api.ask(Status)
  expect(schemaStatus.storage).toMatchObject({
    kind: 'MISSING',
    reason: expect.stringMatching(/^solark.telemetry is a view, .* rename or drop it/),
  })
})
