import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readPlants } from '../../src/telemetry/plant.ts'
import {
  createFlowTable,
  day,
  generator,
  night,
  shapes,
  storeFlow,
} from '../sources/plant-flow/flow-table.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { run, startProgram } from '../support/program.ts'
import { JUNE, reading, SECOND, storedReadings } from '../support/readings.ts'
import { createRoles } from '../support/roles.ts'

const PASSWORD = 'secret-of-the-test'

let database: TestDatabase
let other: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('native')
  other = await openTestDatabase('native', { migrated: false })
  await sql`create schema solark`.execute(other.kysely)
})
afterAll(async () => {
  await other[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await sql`drop table if exists solark.plant_flow`.execute(database.kysely)
  await sql`drop table if exists solark.plant_flow`.execute(other.kysely)
  await sql`truncate solark.telemetry, solark.plant`.execute(database.kysely)
})

const runImport = (...words: string[]) => run(['import', ...words], { DATABASE_URL: database.url })

const fromTable = (...words: string[]) => runImport('--from-table', 'solark.plant_flow', ...words)

const entries = [
  { time: '2026-06-01T00:00:00Z', answer: day },
  { time: '2026-06-01T00:00:01Z', answer: night },
  { time: '2026-06-01T00:00:02Z', answer: { ...generator, batTo: true }, plantId: 8 },
]

test.each(shapes)('stores the %s table once, and what came since', async (shape) => {
  await createFlowTable(database, shape)
  await storeFlow(database, shape, entries)
  const [to, from] = shape === 'newer' ? ['pv_to_bat', 'bat_to_load'] : ['to_bat', 'bat_to']
  const remark = `1 row, batt_power is null: ${from} and ${to} contradict each other; such as plant 8 at 2026-06-01T00:00:02.000000Z: batt_power is 3180, ${from} is true, ${to} is true\n`
  expect(await fromTable()).toEqual({
    code: 0,
    stdout: `3 rows: 3 inserted, 0 duplicates, 0 conflicts, 0 left out\n${remark}`,
    stderr: '',
  })
  expect(await storedReadings(database)).toMatchObject([
    { plantId: 7, timestamp: JUNE, batteryPower: -2310, gridPower: -1985, pvToGrid: null },
    { plantId: 7, timestamp: JUNE + SECOND, batteryPower: 1342, gridPower: 38, gridToLoad: null },
    { plantId: 8, batteryPower: null, generatorPower: 5470 },
  ])
  await storeFlow(database, shape, [{ time: '2026-06-01T00:00:03Z', answer: day }])
  expect(await fromTable()).toMatchObject({
    code: 0,
    stdout: `4 rows: 1 inserted, 3 duplicates, 0 conflicts, 0 left out\n${remark}`,
  })
  expect((await readPlants(database.kysely)).map(({ id }) => id)).toEqual([7, 8])
})

test('takes one plant, a zone for its days, and what to do with duplicates', async () => {
  await createFlowTable(database, 'newer')
  await storeFlow(database, 'newer', [...entries, { time: entries[0]?.time ?? '', answer: night }])
  expect(await fromTable('--plant', '7', '--time-zone', 'America/Chicago')).toMatchObject({
    stdout: '3 rows: 2 inserted, 1 duplicates, 1 conflicts, 0 left out\n',
  })
  expect(await readPlants(database.kysely)).toMatchObject([
    { id: 7, timeZone: 'America/Chicago', latest: { timestamp: JUNE + SECOND } },
  ])
  expect((await storedReadings(database))[0]).toMatchObject({ soc: day.soc })
  expect(await fromTable('--plant', '7', '--on-duplicate', 'replace')).toMatchObject({ code: 0 })
  expect((await storedReadings(database))[0]).toMatchObject({ soc: night.soc })
})

test('reads another database, which needs nothing of ours, and only reads it', async () => {
  await createFlowTable(other, 'older', { timeType: 'timestamp' })
  await storeFlow(other, 'older', entries.slice(0, 2))
  await sql.raw(`alter database ${nameOf(other)} set timezone = 'Asia/Tokyo'`).execute(other.kysely)
  await sql.raw(`alter database ${nameOf(other)} set datestyle = 'German'`).execute(other.kysely)
  expect(await fromTable('--from-url', other.url)).toEqual({
    code: 0,
    stdout:
      '2 rows: 2 inserted, 0 duplicates, 0 conflicts, 0 left out\nTimes have no time zone and were read as UTC.\n',
    stderr: '',
  })
  expect((await storedReadings(database)).map(({ timestamp }) => timestamp)).toEqual([
    JUNE,
    JUNE + SECOND,
  ])
})

test('takes names as SQL writes them', async () => {
  const name = '"Old; drop table x--"."Plant ""flow"""'
  await sql`create schema "Old; drop table x--"`.execute(database.kysely)
  await createFlowTable(database, 'newer', { name })
  await storeFlow(database, 'newer', entries.slice(0, 1), { name })
  expect(await runImport('--from-table', name)).toMatchObject({
    code: 0,
    stdout: '1 rows: 1 inserted, 0 duplicates, 0 conflicts, 0 left out\n',
  })
})

test('rows that cannot be readings are left out, which the exit code tells', async () => {
  await createFlowTable(database, 'newer')
  await storeFlow(database, 'newer', [
    ...entries.slice(0, 1),
    { time: '2036-06-01T00:00:00Z', answer: day },
    { time: '2026-06-01T00:00:09Z', answer: {}, columns: { raw_json: null } },
  ])
  expect(await fromTable()).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^3 rows: 1 inserted, 0 duplicates, 0 conflicts, 2 left out\n/),
  })
  expect(await storedReadings(database)).toEqual([
    reading(7, JUNE, {
      soc: 81,
      pvPower: 7420,
      batteryPower: -2310,
      gridPower: -1985,
      loadPower: 2960,
      generatorPower: 0,
      pvToBattery: true,
      batteryToLoad: false,
    }),
  ])
})

test.each([
  [['--from-table', 'solark.plant_flow'], 'the database has no solark.plant_flow'],
  [['--from-table', 'a.b.c.d'], 'Expected --from-table schema.table'],
  [['--from-table', 'solark.telemetry'], 'it lacks min_power, gen_to_load, exists_gen, exists_min'],
  [['file.csv', '--from-table', 'x.y'], 'Expected a file or --from-table, got both'],
  [['--from-table', 'x.y', '--unit', 'kW', '--map', 'soc=a'], 'Expected no --map, --unit with'],
  [['--from-url', 'postgres://h/d'], 'Expected --from-table with --from-url'],
  [[], 'Expected a file, - for standard input, or --from-table'],
])('refuses %j', async (words, message) => {
  expect(await runImport(...words)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(message),
  })
})

test('a zone that does not exist is refused', async () => {
  await createFlowTable(database, 'newer')
  expect(await fromTable('--time-zone', 'Berlin')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('got Berlin'),
  })
})

test('a column of another type is refused by its name', async () => {
  await createFlowTable(database, 'newer')
  await sql`alter table solark.plant_flow alter column pv_power type text`.execute(database.kysely)
  expect(await fromTable()).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Expected the column pv_power of solark.plant_flow to be'),
  })
})

test.each([
  [`mysql://me:${PASSWORD}@host/database`, 'to be an address such as postgres://'],
  [`postgres://me:${PASSWORD}@host:port/database`, 'to be an address such as postgres://'],
  [`postgres://me:${PASSWORD}@127.0.0.1:1/database`, 'cannot be reached'],
  [
    `postgres://me:${PASSWORD}@127.0.0.1:1/database?sslmode=verify-full&sslrootcert=/none`,
    'cannot be reached',
  ],
])('says what is wrong with %s, but not its password', async (url, message) => {
  const { code, stdout, stderr } = await fromTable('--from-url', url)
  expect({ code, stdout, stderr }).toMatchObject({ code: 1, stdout: '' })
  expect(stderr).toContain(message)
  expect(stderr).not.toContain(PASSWORD)
  expect(stderr).not.toContain('DATABASE_URL')
})

test('says which right is missing', async () => {
  await createFlowTable(other, 'newer')
  await using roles = await createRoles(other, ['reader'])
  const [reader = ''] = roles.names
  await sql.raw(`alter role ${reader} login password '${PASSWORD}'`).execute(other.kysely)
  const url = new URL(other.url)
  url.username = reader
  url.password = PASSWORD
  const message = 'Expected to be allowed to read solark.plant_flow: grant'
  const schema = await fromTable('--from-url', url.href)
  expect(schema).toMatchObject({ code: 1, stderr: expect.stringContaining(message) })
  await sql.raw(`grant usage on schema solark to ${reader}`).execute(other.kysely)
  const table = await fromTable('--from-url', url.href)
  expect(table).toMatchObject({ code: 1, stderr: expect.stringContaining(message) })
  expect(schema.stderr + table.stderr).not.toContain(PASSWORD)
  await sql.raw(`grant select on solark.plant_flow to ${reader}`).execute(other.kysely)
  expect(await fromTable('--from-url', url.href)).toMatchObject({ code: 0 })
})

test('Ctrl-C leaves nothing behind, neither readings nor plants', async () => {
  await createFlowTable(database, 'newer')
  await sql`
    insert into solark.plant_flow (plant_id, created_at, pv_power, soc)
    select 7, timestamptz '2020-01-01' + minute * interval '1 minute', 1, 50
    from generate_series(1, 200000) as minute`.execute(database.kysely)
  await using session = await database.openSession('test')
  // Whoever wants to write waits until the interruption has come.
  const program = await session.kysely.transaction().execute(async (transaction) => {
    await sql`lock table solark.telemetry in share mode`.execute(transaction)
    const started = startProgram(['import', '--from-table', 'solark.plant_flow'], {
      DATABASE_URL: database.url,
    })
    await expect
      .poll(async () => (await readPlants(database.kysely)).length, { timeout: 20_000 })
      .toBe(1)
    started.kill('SIGINT')
    return started
  })
  await using _ = program
  expect(await program.exited).toBe(130)
  expect(program.stderr).toBe('Interrupted: nothing was stored.\n')
  expect(await storedReadings(database)).toEqual([])
  expect(await readPlants(database.kysely)).toEqual([])
})

function nameOf({ url }: TestDatabase): string {
  return new URL(url).pathname.slice(1)
}
