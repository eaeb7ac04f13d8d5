import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Fault } from '../../../src/fault.ts'
import { parseColumnMap } from '../../../src/sources/csv/columns.ts'
import {
  type CsvImportOptions,
  type CsvImportReport,
  importCsv,
} from '../../../src/sources/csv/import.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { JUNE, reading, SECOND, storedReadings } from '../../support/readings.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('native')
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  await sql`truncate solark.telemetry, solark.plant`.execute(database.kysely)
})

type Options = Partial<Omit<CsvImportOptions, 'columns'>> & { map?: string[] }

async function importOf(
  file: string | Buffer | Readable,
  { map = [], ...options }: Options = {},
): Promise<CsvImportReport> {
  await using session = await database.openSession('test')
  const input = file instanceof Readable ? file : Readable.from([Buffer.from(file)])
  return await importCsv(session, input, {
    onDuplicate: 'KEEP',
    onError: 'stop',
    columns: parseColumnMap(map),
    plantId: 1,
    ...options,
  })
}

async function refusalOf(file: string | Buffer | Readable, options: Options = {}): Promise<Fault> {
  const error: unknown = await importOf(file, options).catch((reason: unknown) => reason)
  if (!(error instanceof Fault)) throw new Error(`Expected a Fault, got ${String(error)}`)
  expect(await storedReadings(database)).toEqual([])
  return error
}

const TIMES = ['2026-06-01T00:00:00Z', '2026-06-01T00:00:01Z', '2026-06-01T00:00:02Z']

test('knows columns by the names of the table and of the API, in upper or lower case', async () => {
  const report = await importOf(
    `TIMESTAMP,Plant_ID,SoC,batteryPower,PV_TO_BAT,bat_to_load,firmware\n${TIMES[0]},4,80,-1200,yes,F,v1\n`,
    { plantId: undefined },
  )
  expect(report).toMatchObject({
    inserted: 1,
    plan: { columns: { ignored: [{ column: { name: 'firmware' } }] } },
  })
  expect(await storedReadings(database)).toEqual([
    reading(4, JUNE, { soc: 80, batteryPower: -1200, pvToBattery: true, batteryToLoad: false }),
  ])
})

test('reads a byte order mark, any line ends, quotes, empty lines and an unfinished last line', async () => {
  const file = `\ufeff"timestamp","soc","pv_power","note"\r\n"${TIMES[0]}",1,,"said ""hi"",\r\ntwice"\r\n\n${TIMES[1]}, 2 ,3e2,\n\r\n${TIMES[2]},3,.5,x`
  expect(await importOf(file)).toMatchObject({ inserted: 3 })
  expect(await storedReadings(database)).toEqual([
    reading(1, JUNE, { soc: 1 }),
    reading(1, JUNE + SECOND, { soc: 2, pvPower: 300 }),
    reading(1, JUNE + 2 * SECOND, { soc: 3, pvPower: 0.5 }),
  ])
})

test('reads gzip, however the bytes arrive', async () => {
  const zipped = gzipSync(`timestamp,soc\n${TIMES[0]},1\n${TIMES[1]},2\n`)
  const byByte = Readable.from([...zipped].map((byte) => Buffer.from([byte])))
  expect(await importOf(byByte)).toMatchObject({ inserted: 2 })
  expect(await importOf(zipped)).toMatchObject({ duplicates: 2, conflicts: 0 })
})

test('turns signs and kilowatts into those of Heliograph, exactly', async () => {
  await importOf(
    `timestamp,batt_power,batt_current,grid_power,pv_power,soc,batt_voltage\n${TIMES[0]},1.005,2.5,0,1.001,50,51.2\n`,
    { batteryPositive: 'charging', gridPositive: 'export', unit: 'kW' },
  )
  expect(await storedReadings(database)).toEqual([
    reading(1, JUNE, {
      batteryPower: -1005,
      batteryCurrent: -2.5,
      gridPower: 0,
      pvPower: 1001,
      soc: 50,
      batteryVoltage: 51.2,
    }),
  ])
})

test('takes names with commas from the map, and keeps microseconds and offsets', async () => {
  await importOf(`when,"Charge, %"\n2026-06-01 02:00:00.000007+02:00,55\n`, {
    map: ['timestamp=when,"soc=Charge, %"'],
  })
  expect(await storedReadings(database)).toEqual([reading(1, JUNE + 7, { soc: 55 })])
})

test('times without an offset follow the clock of the zone, which the plant keeps', async () => {
  const day = 'timestamp,soc\n2025-10-26 00:30:00,1\n2025-10-26 01:30:00,2\n2025-10-26 01:30:00,3\n'
  const report = await importOf(`${day}2026-03-29 01:30:00,4\n`, { timeZone: 'Europe/London' })
  expect(report).toMatchObject({ inserted: 4, repeatedTimes: 2, skippedTimes: 1 })
  expect((await storedReadings(database)).map(({ timestamp }) => timestamp)).toEqual(
    ['2025-10-25T23:30Z', '2025-10-26T00:30Z', '2025-10-26T01:30Z', '2026-03-29T01:30Z'].map(
      (time) => Date.parse(time) * 1000,
    ),
  )
  await importOf(`timestamp,soc\n${TIMES[0]},1\n`, { timeZone: 'Asia/Tokyo' })
  expect(
    await database.kysely.selectFrom('solark.plant').select(['id', 'time_zone']).execute(),
  ).toEqual([{ id: 1, time_zone: 'Europe/London' }])
})

test('replaces where asked', async () => {
  await importOf(`timestamp,soc\n${TIMES[0]},1\n${TIMES[1]},2\n`)
  const corrected = `timestamp,soc\n${TIMES[0]},1\n${TIMES[1]},3\n${TIMES[1]},4\n`
  expect(await importOf(corrected)).toMatchObject({ inserted: 0, duplicates: 3, conflicts: 2 })
  expect(await importOf(corrected, { onDuplicate: 'REPLACE' })).toMatchObject({
    inserted: 0,
    duplicates: 3,
    conflicts: 2,
  })
  expect((await storedReadings(database)).map(({ soc }) => soc)).toEqual([1, 4])
})

test('names the line, column, expectation and value of every refused row, and stores nothing', async () => {
  const file = [
    'time,soc,pv_power,pvToLoad',
    `${TIMES[0]},50,1,`,
    '"2026-06-01\r\n00:00:00Z",50,1,',
    '',
    `${TIMES[0]},50,lots,`,
    `${TIMES[1]},much,more,maybe`,
    `${TIMES[0]},50,1,,5`,
    '1999-12-31T23:59:59Z,50,1,',
    '2200-01-01T00:00:00Z,50,1,',
  ].join('\n')
  const fault = await refusalOf(file, { map: ['timestamp=time'] })
  expect(fault.code).toBe('IMPORT_REFUSED')
  expect(fault.message.split('\n')).toEqual([
    'Nothing was stored, because 4 rows of the file are refused, and 4 values cannot be read:',
    '  line 3, time: expected a time such as 2026-06-21T18:04:05Z, got "2026-06-01\\r\\n00:00:00Z"',
    '  line 6, pv_power: expected a number, or nothing if not measured, got "lots"',
    '  line 7, soc: expected a number, or nothing if not measured, got "much"',
    '  line 7, pv_power: expected a number, or nothing if not measured, got "more"',
    '  line 7, pvToLoad: expected true or false, or nothing if not measured, got "maybe"',
    '  line 8, row: expected 4 values, as the header has, got 5',
    '  line 9, time: expected a time from 2000 to five minutes from now, got "1999-12-31T23:59:59Z"',
    '  line 10, time: expected a time from 2000 to five minutes from now, got "2200-01-01T00:00:00Z"',
    'Correct the file, or store what else can be read with --on-error skip.',
  ])
})

test('where told to skip, keeps the good values of a row, and counts rows and values that it left out', async () => {
  const file = `timestamp,soc,pv_power\n${TIMES[0]},50,lots\nyesterday,50,1\n${TIMES[1]},,2\n`
  expect(await importOf(file, { onError: 'skip' })).toMatchObject({
    inserted: 2,
    refused: { count: 1, first: [{ line: 3, field: 'timestamp' }] },
    refusedValues: { count: 1, first: [{ line: 2, field: 'pv_power', got: '"lots"' }] },
  })
  expect(await storedReadings(database)).toEqual([
    reading(1, JUNE, { soc: 50 }),
    reading(1, JUNE + SECOND, { pvPower: 2 }),
  ])
})

test('shows the first 20 faults and counts the rest, also far into a file', async () => {
  const rows = Array.from({ length: 30_000 }, (_, index) => {
    const time = new Date(JUNE / 1000 + index * 1000).toISOString()
    return `${time},${index < 29_975 ? '50' : 'full'}`
  })
  const fault = await refusalOf(`timestamp,soc\n${rows.join('\n')}\n`)
  const lines = fault.message.split('\n')
  expect(lines).toHaveLength(23)
  expect(lines[1]).toContain('line 29977, soc')
  expect(lines[21]).toBe('  and 5 more')
})

test.each<[string, string, Options]>([
  ['no column is called "pv_w"; the file has "timestamp", "soc"', '', { map: ['pv_power=pv_w'] }],
  ['no column is known as the time', 'when,soc\n', {}],
  ['no column is known as a measurement', 'timestamp,watts\n', {}],
  ['"SoC" and "soc" both look like soc', 'timestamp,SoC,soc\n', {}],
  ['more than one column is called "a"', 'timestamp,a,a\n', { map: ['soc=a'] }],
  ['Give --plant ID', '', { plantId: undefined }],
  ['Africa/Johannesburg; got Nowhere', '', { timeZone: 'Nowhere' }],
])('refuses with: %s', async (message, header, options) => {
  const fault = await refusalOf(header || 'timestamp,soc\n2026-06-01T00:00:00Z,1\n', options)
  expect(fault.code).toBe('BAD_USER_INPUT')
  expect(fault.message).toContain(message)
})

test.each([
  ['pv=pv_w', 'unknown column "pv"'],
  ['soc', 'expected column=header'],
  ['soc=a,SOC=b', 'SOC is given twice'],
])('refuses the map %s', (map, message) => {
  expect(() => parseColumnMap([map])).toThrow(message)
})

test.each<[string, string | Buffer, Options]>([
  ['The file is empty', '', {}],
  ['line 2 does not say its offset', 'timestamp,soc\n2026-06-01 00:00:00,1\n', {}],
  ['The gzip data is damaged or cut off', gzipSync('timestamp,soc\n').subarray(0, 20), {}],
  ['opening quote at line 2', 'timestamp,soc\n"2026', { onError: 'skip' }],
  ['number of tolerated bytes', `timestamp,soc\n"${'x\n'.repeat(50_000)}`, { onError: 'skip' }],
])('refuses the file: %s', async (message, file, options) => {
  const fault = await refusalOf(file, options)
  expect(fault.code).toBe('IMPORT_REFUSED')
  expect(`${fault.message}: ${String(fault.cause)}`).toContain(message)
})

test('stores nothing when it is interrupted, or when its input breaks', async () => {
  const interrupted = new AbortController()
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from('timestamp,soc\n')
    for (let at = 0; ; at += 1000) {
      const lines = Array.from(
        { length: 1000 },
        (_, index) => `${new Date(JUNE / 1000 - (at + index) * 1000).toISOString()},50\n`,
      )
      yield Buffer.from(lines.join(''))
    }
  }
  await expect(
    importOf(Readable.from(endless()), {
      signal: interrupted.signal,
      onProgress: () => interrupted.abort(),
    }),
  ).rejects.toMatchObject({ name: 'AbortError' })
  async function* breaking(): AsyncGenerator<Buffer> {
    yield Buffer.from(`timestamp,soc\n${TIMES[0]},50\n`)
    throw new Error('the disk broke')
  }
  await expect(importOf(Readable.from(breaking()))).rejects.toThrow('the disk broke')
  expect(await storedReadings(database)).toEqual([])
})

test('a refusal by the database reaches the caller while the input is still open', async () => {
  const open = new Readable({ read: () => {} })
  const rows = Array.from(
    { length: 25_000 },
    (_, index) => `${new Date(JUNE / 1000 + index * 1000).toISOString()},-1,50\n`,
  )
  open.push(`timestamp,plant_id,soc\n${rows.join('')}`)
  await sql`alter table solark.telemetry add constraint refused check (soc <> 50)`.execute(
    database.kysely,
  )
  try {
    await expect(importOf(open, { plantId: 3 })).rejects.toThrow('refused')
  } finally {
    await sql`alter table solark.telemetry drop constraint refused`.execute(database.kysely)
  }
  expect(open.destroyed).toBe(true)
})
