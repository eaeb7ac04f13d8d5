import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readEnergy } from '../../src/telemetry/history/energy.ts'
import { readPlants } from '../../src/telemetry/plant.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  householdColumns,
  householdInstant,
  householdZone,
  writeHouseholdFile,
} from '../support/household-file.ts'
import { compileCache } from '../support/program.ts'
import { storedReadings } from '../support/readings.ts'

const program = resolve(import.meta.dirname, '../../src/main.ts')

const FILE = 'timestamp,soc\n2026-06-01T00:00:00Z,1\n2026-06-01T00:00:01Z,2\n'

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await openTestDatabase('native')
  folder = await mkdtemp(join(tmpdir(), 'heliograph-csv-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await database[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await sql`truncate solark.telemetry, solark.plant`.execute(database.kysely)
})

function start(...words: string[]) {
  return spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env: { DATABASE_URL: database.url, TZ: 'UTC', ...compileCache },
  })
}

async function outcomeOf(child: ReturnType<typeof start>) {
  const read = (stream: Readable) => text(stream)
  const [stdout, stderr, [code]] = await Promise.all([
    read(child.stdout),
    read(child.stderr),
    once(child, 'close'),
  ])
  return { code: Number(code), stdout, stderr }
}

function run(...words: string[]) {
  const child = start(...words)
  child.stdin.end()
  return outcomeOf(child)
}

test('stores two months from a file, once', async () => {
  const file = join(folder, 'household.csv.gz')
  const range = {
    from: householdInstant('2023-04-01T00:00'),
    to: householdInstant('2023-06-01T00:00'),
  }
  const rows = await writeHouseholdFile(file, range)
  const command = [
    ['import', file, '--plant', '7', '--time-zone', householdZone, '--map'],
    householdColumns,
  ].flat()
  expect(await run(...command)).toEqual({
    code: 0,
    stdout: `${rows} readings: ${rows} inserted, 0 duplicates, 0 conflicts\n`,
    stderr: '',
  })
  expect(await run(...command)).toMatchObject({
    stdout: `${rows} readings: 0 inserted, ${rows} duplicates, 0 conflicts\n`,
  })
  const stored = await storedReadings(database)
  const lines = gunzipSync(await readFile(file))
    .toString()
    .trimEnd()
    .split('\n')
    .slice(1)
  const written = stored.map(({ timestamp, pvPower, batteryPower, gridPower, loadPower, soc }) => {
    const local = new Date(timestamp / 1000 + 7_200_000).toISOString().slice(0, 19)
    return [local.replace('T', ' '), pvPower, batteryPower, gridPower, loadPower, soc].join()
  })
  expect(written).toEqual(lines)
  expect(stored[0]).toMatchObject({ plantId: 7, timestamp: range.from, batteryVoltage: null })
  expect(
    await database.kysely.selectFrom('solark.plant').select(['id', 'time_zone']).execute(),
  ).toEqual([{ id: 7, time_zone: householdZone }])
})

test('stores readings with the other sign of the grid, some less than a second apart', async () => {
  await writeFile(
    join(folder, 'decoded.csv'),
    [
      'ts,addr,v_pv1,p_pv1,p_grid_out,p_load,v_batt,i_batt,p_batt',
      '2026-05-25T17:57:13.687080+00:00,0x32,342.2,357,0,737,52.89,2.0,71',
      '2026-05-25T17:57:14.634009+00:00,0x31,341.3,357,12,677,52.88,2.62,98',
      '2026-05-25T17:57:30.001500+00:00,0x32,340,350,-31,702,52.9,-1.5,-80',
      '',
    ].join('\n'),
  )
  const { stdout, stderr } = await run(
    ...['import', 'decoded.csv', '--plant', '8', '--grid-positive', 'export', '--map'],
    'timestamp=ts,pv_power=p_pv1,pv_voltage=v_pv1,grid_power=p_grid_out,load_power=p_load,batt_voltage=v_batt,batt_current=i_batt,batt_power=p_batt',
  )
  expect(stdout).toBe('3 readings: 3 inserted, 0 duplicates, 0 conflicts\n')
  expect(stderr).toBe('Not read: addr.\n')
  const stored = await storedReadings(database)
  // toEqual tells 0 from -0.
  expect(
    stored.map((reading) => [
      reading.timestamp % 60_000_000,
      reading.gridPower,
      reading.batteryPower,
      reading.batteryCurrent,
    ]),
  ).toEqual([
    [13_687_080, 0, 71, 2],
    [14_634_009, -12, 98, 2.62],
    [30_001_500, 31, -80, -1.5],
  ])
})

test('takes standard input, and writes files that it takes back', async () => {
  const importing = start('import', '-', '--plant', '1')
  importing.stdin.end(FILE)
  expect(await outcomeOf(importing)).toMatchObject({ code: 0 })
  const stored = await storedReadings(database)

  expect(await run('export', 'all.csv.gz')).toEqual({
    code: 0,
    stdout: '2 readings exported\n',
    stderr: '',
  })
  const printed = await run('export', '-', '--from', '2026-06-01T02:00:00+02:00')
  expect(printed.stderr).toBe('2 readings exported\n')
  expect(gunzipSync(await readFile(join(folder, 'all.csv.gz'))).toString()).toBe(printed.stdout)

  const gone = ['--from', '2026-06-01T00:00:00Z', '--to', '2026-06-02T00:00:00Z']
  expect(await run('delete', '--plant', '1', ...gone)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('give --yes'),
  })
  expect(await run('delete', '--plant', '1', ...gone, '--yes')).toMatchObject({
    code: 0,
    stdout: '2 readings deleted\n',
  })
  expect(await storedReadings(database)).toEqual([])
  expect(await run('import', 'all.csv.gz')).toMatchObject({ code: 0 })
  expect(await storedReadings(database)).toEqual(stored)
})

test('does not write over a file unless forced to', async () => {
  await writeFile(join(folder, 'mine.csv'), 'mine')
  expect(await run('export', 'mine.csv')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--force'),
  })
  expect(await readFile(join(folder, 'mine.csv'), 'utf8')).toBe('mine')
  expect(await run('export', 'mine.csv', '--force')).toMatchObject({ code: 0 })
  expect(await readFile(join(folder, 'mine.csv'), 'utf8')).toMatch(/^plant_id,/)
  expect((await readdir(folder)).filter((name) => name.endsWith('.partial'))).toEqual([])
})

test('answers 1 where something cannot be read, with its faults', async () => {
  await writeFile(join(folder, 'bad.csv'), `${FILE}2026-06-01T00:00:02Z,full\n`)
  const fault = '  line 4, soc: expected a number, or nothing if not measured, got "full"'
  const stopped = await run('import', 'bad.csv', '--plant', '1')
  expect(stopped).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(fault) })
  expect(await storedReadings(database)).toEqual([])
  expect(await run('import', 'bad.csv', '--plant', '1', '--on-error', 'skip')).toEqual({
    code: 1,
    stdout: '3 readings: 3 inserted, 0 duplicates, 0 conflicts\n',
    stderr: `1 value was skipped:\n${fault}\n`,
  })
})

test('says how a file is understood, and stores nothing', async () => {
  await writeFile(
    join(folder, 'week.csv'),
    'Report\nTime;PV [kW];Battery [kW];Grid [kW];Load [kW]\n21.06.2026 12:00;3;1;-0,5;1,5\n21.06.2026 12:05;3;1;-0,5;1,5\n21.06.2026 12:10;3;1;-0,5;1,5\n',
  )
  const { code, stdout, stderr } = await run(
    ...['import', 'week.csv', '--plant', '7', '--time-zone', 'Europe/Berlin', '--dry-run'],
  )
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining('battery + charging'),
  })
  expect(stdout.split('\n')).toEqual([
    'File: utf-8, columns parted by semicolon, decimals after a comma, 2 rows before the readings',
    '  "Time" is the time, day first, clock of Europe/Berlin',
    '  "PV [kW]" is pv_power (kW)',
    '  "Battery [kW]" is batt_power (kW, + is charging)',
    '  "Grid [kW]" is grid_power (kW, + is import)',
    '  "Load [kW]" is load_power (kW)',
    ...['00', '05', '10'].map(
      (minute) =>
        `2026-06-21T10:${minute}:00.000Z, plant 7: the battery is charging with 1000 W, PV gives 3000 W, the load takes 1500 W, 500 W go to the grid`,
    ),
    '3 readings; nothing was stored',
    '',
  ])
  expect(await storedReadings(database)).toEqual([])
})

test('readings further apart than the gap limit are told, and get a limit of their own', async () => {
  const rows = Array.from(
    { length: 25 },
    (_, hour) => `${new Date(Date.UTC(2026, 5, 1, hour)).toISOString()},1000\n`,
  )
  await writeFile(join(folder, 'hourly.csv'), `timestamp,pv_power\n${rows.join('')}`)
  expect(await run('import', 'hourly.csv', '--plant', '1')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^Most readings lie further apart.* 0 % of the time.*--max-gap/),
  })
  const again = ['import', 'hourly.csv', '--plant', '1', '--max-gap', 'PT1H5M'] as const
  expect(await run(...again)).toMatchObject({ code: 0, stderr: '' })
  const [day] = await readEnergy(
    {
      kysely: database.kysely,
      loadPlant: async (id) => (await readPlants(database.kysely, [id]))[0],
    },
    {
      plantId: 1,
      from: '2026-06-01',
      to: '2026-06-01',
      period: 'DAY',
      timeZone: 'UTC',
      quantities: ['pvPower'],
      aspects: [],
    },
  )
  expect(day?.energy.pv).toBeCloseTo(24, 9)
})

test('lists the presets, and refuses others', async () => {
  const { code, stdout } = await run('import', '--list-presets')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^senec +SENEC: /)
  expect(await run('import', 'x.csv', '--preset', 'acme')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('one of the presets senec, sma'),
  })
})

test('a column that looks like a power is not left out in silence', async () => {
  await writeFile(
    join(folder, 'odd.csv'),
    'timestamp,pv_power,Heat pump [W]\n2026-06-01T00:00:00Z,1,500\n',
  )
  expect(await run('import', 'odd.csv', '--plant', '1')).toMatchObject({
    code: 0,
    stderr:
      'Not read, though they look like powers: Heat pump [W]. Name what they are with --map.\n',
  })
})

test.each([
  [['import', 'none.csv'], 'none.csv cannot be read'],
  [['import', '.'], 'is a folder'],
  [['import', 'x.csv', '--plant', '-1'], 'a whole number from 0'],
  [['import', 'x.csv', '--unit', 'MW'], 'Allowed choices are W, kW'],
  [['import', 'x.csv', '--hold', 'PT1M'], 'from PT20M to PT744H as an ISO 8601 duration'],
  [['import', 'x.csv', '--delimiter', 'ab'], 'one character'],
  [['import', 'x.csv', '--header-line', '5-4'], 'the line of the header'],
  [['import'], 'Expected a file'],
  [['import', 'x.csv', '--map', 'pv=a'], 'unknown column "pv"'],
  [['export', 'x.csv', '--from', '2026-06-01'], 'a time with its offset'],
  [['export', 'no-such-folder/x.csv'], 'cannot be written: name a file in a folder that exists'],
  [
    ['export', 'x.csv', '--from', '2026-06-02T00:00:00Z', '--to', '2026-06-01T00:00:00Z'],
    'from to be before to',
  ],
  [['delete', '--plant', '1'], "required option '--from <time>' not specified"],
])('refuses %j', async (words, message) => {
  expect(await run(...words)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(message),
  })
})

test.each([
  { name: 'Ctrl-C', signals: ['SIGINT'] },
  { name: 'SIGTERM, twice as where npm passes it on,', signals: ['SIGTERM', 'SIGTERM'] },
] as const)('$name leaves nothing behind', async ({ signals }) => {
  const child = start('import', '-', '--plant', '1')
  const rows = Array.from(
    { length: 50_000 },
    (_, index) => `${new Date(Date.UTC(2026, 5) - index * 1000).toISOString()},50\n`,
  )
  // The rest of what it was to read has nowhere to go when it ends.
  child.stdin.on('error', () => {})
  child.stdin.write(`timestamp,soc\n${rows.join('')}`)
  await expect.poll(writing, { timeout: 20_000 }).toBe(true)
  for (const signal of signals) child.kill(signal)
  expect(await outcomeOf(child)).toEqual({
    code: 130,
    stdout: '',
    stderr: 'Interrupted: nothing was stored.\n',
  })
  expect(await storedReadings(database)).toEqual([])
})

/** Whether an import has begun to write, which its locks tell. */
async function writing(): Promise<boolean> {
  const { rows } = await sql<{ writing: boolean }>`
    select exists (
      select from pg_locks
      where relation = 'solark.telemetry'::regclass and mode = 'RowExclusiveLock'
        and database = (select oid from pg_database where datname = current_database())
    ) as writing`.execute(database.kysely)
  return rows[0]?.writing === true
}

test.each(['import', 'export', 'delete'])(
  '%s --help shows every option and an example',
  async (name) => {
    const { code, stdout } = await run(name, '--help')
    expect(code).toBe(0)
    expect(stdout).toContain(`npm run ${name} -- `)
    expect(stdout).toContain('--plant <id>')
  },
)
