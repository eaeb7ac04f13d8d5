import { Readable } from 'node:stream'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Fault } from '../../../src/fault.ts'
import { parseColumnMap } from '../../../src/sources/csv/columns.ts'
import type { CsvOptions } from '../../../src/sources/csv/csv-plan.ts'
import { importCsv } from '../../../src/sources/csv/import.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { JUNE, reading, storedReadings } from '../../support/readings.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('native')
})
afterAll(() => database[Symbol.asyncDispose]())

/** What one row measures, in hundredths of a watt; pv, battery and grid add up to the load. */
interface Row {
  minute: number
  soc: number | null
  pv: number
  load: number
  battery: number
  pvMissing: boolean
}

const rowsOf = fc
  .array(
    fc.record({
      soc: fc.option(fc.integer({ min: 0, max: 100 }), { freq: 4 }),
      pv: fc.integer({ min: 0, max: 800_000 }),
      // So far from what PV gives that wrong signs do not add up.
      more: fc.integer({ min: 50_000, max: 300_000 }),
      battery: fc.integer({ min: 50_000, max: 200_000 }),
      charges: fc.boolean(),
      pvMissing: fc.integer({ min: 0, max: 5 }).map((chance) => chance === 0),
    }),
    { minLength: 8, maxLength: 40 },
  )
  .map((rows) =>
    rows.map(({ soc, pv, more, battery, charges, pvMissing }, index): Row => {
      const load = pv + more
      // Neither flows the way that makes the grid rest.
      return {
        minute: index * 5,
        soc,
        pv,
        load,
        battery: charges ? -battery : more + battery,
        // The signs show only where all powers are measured.
        pvMissing: pvMissing && index >= 5,
      }
    }),
  )

const gridOf = ({ pv, load, battery }: Row) => load - pv - battery

const MISSING = ['', '-', '--', 'NaN', 'N/A', 'null', 'unavailable']

const shapes = fc.record({
  start: fc.integer({ min: 0, max: 400 }).map((days) => JUNE - days * 86_400_000_000),
  zone: fc.constantFrom('UTC', 'Africa/Johannesburg', 'Asia/Kathmandu'),
  time: fc.constantFrom(
    'iso',
    'iso with offset',
    'slashes, year first',
    'dots',
    'day first',
    'month first, 12 hours',
    'two columns',
    'unix',
    'unix-ms',
    'excel',
  ),
  delimiter: fc.constantFrom(',', ';', '\t'),
  decimal: fc.constantFrom('.' as const, ',' as const),
  thousands: fc.boolean(),
  unit: fc.constantFrom('W' as const, 'kW' as const),
  german: fc.boolean(),
  sides: fc.boolean(),
  batteryPositive: fc.constantFrom('charging' as const, 'discharging' as const),
  gridPositive: fc.constantFrom('import' as const, 'export' as const),
  order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }),
  preamble: fc.array(fc.constantFrom('Plant report', 'Exported by me'), { maxLength: 3 }),
  separatorLine: fc.boolean(),
  missing: fc.constantFrom(...MISSING),
  total: fc.boolean(),
  repeatsHeader: fc.boolean(),
  encoding: fc.constantFrom('utf-8', 'bom', 'utf-16le', 'windows-1252'),
  lineEnd: fc.constantFrom('\n', '\r\n'),
})
type Shape = typeof shapes extends fc.Arbitrary<infer Value> ? Value : never

const pad = (value: number) => String(value).padStart(2, '0')

function timesOf(minute: number, { start, zone, time }: Shape): string[] {
  const microseconds = BigInt(start + minute * 60_000_000)
  const local = new Temporal.Instant(microseconds * 1000n).toZonedDateTimeISO(zone)
  const { year, month, day, hour, minute: past } = local
  const clock = `${pad(hour)}:${pad(past)}`
  switch (time) {
    case 'iso':
      return [local.toPlainDateTime().toString()]
    case 'iso with offset':
      return [local.toString({ timeZoneName: 'never' })]
    case 'slashes, year first':
      return [`${year}/${pad(month)}/${pad(day)} ${clock}`]
    case 'dots':
      return [`${day}.${month}.${year} ${clock}:00`]
    case 'day first':
      return [`${pad(day)}/${pad(month)}/${year} ${clock}`]
    case 'month first, 12 hours':
      return [`${month}/${day}/${year} ${hour % 12 || 12}:${pad(past)} ${hour < 12 ? 'AM' : 'PM'}`]
    case 'two columns':
      return [`${year}-${pad(month)}-${pad(day)}`, `${clock}:00`]
    case 'unix':
      return [String(microseconds / 1_000_000n)]
    case 'unix-ms':
      return [String(microseconds / 1000n)]
    case 'excel': {
      const wall = local.toPlainDateTime().toZonedDateTime('UTC').epochMilliseconds
      return [String(25_569 + wall / 86_400_000)]
    }
  }
}

/** A number of hundredths of a watt, as the file writes it. */
function textOf(hundredths: number, { unit, decimal, thousands }: Shape): string {
  const digits = unit === 'W' ? 2 : 5
  const size = String(Math.abs(hundredths)).padStart(digits + 1, '0')
  const whole = size.slice(0, -digits)
  const grouped = thousands
    ? whole.replace(/\B(?=(?:\d{3})+$)/g, decimal === '.' ? ',' : '.')
    : whole
  return `${hundredths < 0 ? '-' : ''}${grouped}${decimal}${size.slice(-digits)}`
}

function fileOf(rows: readonly Row[], shape: Shape): Buffer {
  const { delimiter, unit, german, sides, missing } = shape
  const quote = (cell: string) =>
    cell.includes(delimiter) || cell.includes('"') ? `"${cell.replaceAll('"', '""')}"` : cell
  const power = (hundredths: number) => textOf(hundredths, shape)
  const sign = (hundredths: number, turned: boolean) => power(turned ? 0 - hundredths : hundredths)
  const columns: [header: string, cell: (row: Row) => string][] = [
    [
      `${german ? 'Ladezustand' : 'State of charge'} [%]`,
      ({ soc }) => (soc === null ? missing : String(soc)),
    ],
    [
      `${german ? 'PV-Leistung' : 'Solar Power'} [${unit}]`,
      (row) => (row.pvMissing ? missing : power(row.pv)),
    ],
    [`${german ? 'Verbrauch' : 'Load'} (${unit})`, ({ load }) => power(load)],
    ...(sides
      ? ([
          [
            `${german ? 'Akkubeladung' : 'Battery charging'} [${unit}]`,
            ({ battery }) => power(Math.max(0, -battery)),
          ],
          [
            `${german ? 'Akkuentnahme' : 'Battery discharging'} [${unit}]`,
            ({ battery }) => power(Math.max(0, battery)),
          ],
          [
            `${german ? 'Netzbezug' : 'Grid import'} [${unit}]`,
            (row) => power(Math.max(0, gridOf(row))),
          ],
          [
            `${german ? 'Netzeinspeisung' : 'Grid export'} [${unit}]`,
            (row) => power(Math.max(0, -gridOf(row))),
          ],
        ] satisfies typeof columns)
      : ([
          [
            `${german ? 'Batterieleistung' : 'Battery Power'} [${unit}]`,
            ({ battery }) => sign(battery, shape.batteryPositive === 'charging'),
          ],
          [
            `${german ? 'Netz' : 'Grid Power'} [${unit}]`,
            (row) => sign(gridOf(row), shape.gridPositive === 'export'),
          ],
          ['Status', () => 'ok'],
          ['Größe °', () => 'x'],
        ] satisfies typeof columns)),
  ]
  const ordered = shape.order.flatMap((place) => columns.slice(place, place + 1))
  const timeNames = shape.time === 'two columns' ? ['Date', 'Clock'] : ['Zeit / Time']
  const header = [...timeNames, ...ordered.map(([name]) => name)]
  const table = [
    header,
    ...rows.map((row) => [...timesOf(row.minute, shape), ...ordered.map(([, cell]) => cell(row))]),
  ]
  if (shape.repeatsHeader) table.splice(4, 0, header)
  if (shape.total) table.push(['Total', ...header.slice(1).map(() => '1')])
  const lines = [
    ...(shape.separatorLine ? [`sep=${delimiter}`] : []),
    ...shape.preamble,
    ...table.map((cells) => cells.map(quote).join(delimiter)),
  ]
  const text = `${lines.join(shape.lineEnd)}${shape.lineEnd}`
  switch (shape.encoding) {
    case 'bom':
      return Buffer.from(`\ufeff${text}`)
    case 'utf-16le':
      return Buffer.from(`\ufeff${text}`, 'utf16le')
    case 'windows-1252':
      return Buffer.from(text, 'latin1')
    default:
      return Buffer.from(text)
  }
}

function expected(rows: readonly Row[], { start }: Shape): Reading[] {
  const watts = (hundredths: number) => Number(`${hundredths}e-2`)
  return rows.map((row) =>
    reading(1, start + row.minute * 60_000_000, {
      soc: row.soc,
      pvPower: row.pvMissing ? null : watts(row.pv),
      loadPower: watts(row.load),
      batteryPower: watts(row.battery),
      gridPower: watts(gridOf(row)),
    }),
  )
}

async function importOf(file: Buffer, options: Partial<CsvOptions>): Promise<void> {
  await using session = await database.openSession('test')
  await importCsv(session, Readable.from([file]), {
    plantId: 1,
    columns: parseColumnMap([]),
    onDuplicate: 'KEEP',
    onError: 'stop',
    ...options,
  })
}

/** Imports a file without options but the zone, and gives those that are asked for because they are a guess. */
async function importAsAsked(file: Buffer, shape: Shape): Promise<void> {
  let options: Partial<CsvOptions> = { timeZone: shape.zone }
  for (;;) {
    const error: unknown = await importOf(file, options).catch((reason: unknown) => reason)
    if (error === undefined) return
    const asked = error instanceof Fault ? error.message : ''
    if (asked.includes('--date-format') && options.timeFormat === undefined) {
      options = { ...options, timeFormat: shape.time === 'day first' ? 'dmy' : 'mdy' }
    } else if (asked.includes('--decimal') && options.decimal === undefined) {
      options = { ...options, decimal: shape.decimal }
    } else {
      throw error
    }
  }
}

test('a series of readings comes back from a file of any shape', async () => {
  await fc.assert(
    fc.asyncProperty(rowsOf, shapes, async (rows, shape) => {
      await sql`truncate solark.telemetry, solark.plant`.execute(database.kysely)
      await importAsAsked(fileOf(rows, shape), shape)
      expect(await storedReadings(database)).toEqual(expected(rows, shape))
    }),
    { numRuns: 150 },
  )
})
