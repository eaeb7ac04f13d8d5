import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Measurements } from '../../../src/quantities.ts'
import { parseColumnMap } from '../../../src/sources/csv/columns.ts'
import type { CsvOptions } from '../../../src/sources/csv/csv-plan.ts'
import { type CsvImportReport, importCsv } from '../../../src/sources/csv/import.ts'
import { graphql } from '../../generated/gql.ts'
import { openTestApi, type TestApi } from '../../support/api.ts'
import { storedReadings } from '../../support/readings.ts'

/** Shapes of files, and values in them, that people reported of their inverters, portals and loggers. */

const EnergyOfYear = graphql(`
  query EnergyOfYear($plantId: Int!) {
    energy(plantId: $plantId, from: "2026-01-01", to: "2026-12-31", period: YEAR) {
      energy {
        pv
        load
        gridImport
        gridExport
        batteryCharge
        batteryDischarge
      }
    }
  }
`)

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('native')
})
afterAll(() => api[Symbol.asyncDispose]())

let plantId = 0

async function importOf(
  lines: readonly string[],
  { map = [], ...options }: Partial<Omit<CsvOptions, 'columns'>> & { map?: string[] } = {},
): Promise<CsvImportReport> {
  plantId++
  await using session = await api.database.openSession('test')
  return await importCsv(session, Readable.from([Buffer.from(`${lines.join('\n')}\n`)]), {
    plantId,
    columns: parseColumnMap(map),
    onDuplicate: 'KEEP',
    onError: 'stop',
    ...options,
  })
}

async function energies() {
  const [year] = (await api.ask(EnergyOfYear, { plantId })).energy
  if (year === undefined) throw new Error('Expected a year')
  return year.energy
}

async function valuesOf<Field extends keyof Measurements>(field: Field) {
  const stored = await storedReadings(api.database)
  return stored.filter((row) => row.plantId === plantId).map((row) => row[field])
}

const kWh = (value: number) => expect.closeTo(value, 5)

test('a weekly file of SENEC: semicolons, decimal commas, kilowatts, sides in columns of their own', async () => {
  await importOf(
    [
      'Uhrzeit;Netzbezug [kW];Netzeinspeisung [kW];Stromverbrauch [kW];Akkubeladung [kW];Akkuentnahme [kW];Stromerzeugung [kW];Akku Spannung [V];Akku Stromstärke [A]',
      '21.06.2026 10:00:04;0;0,5;1,5;1;0;3;52,4;19,08',
      '21.06.2026 10:05:04;0;0,5;1,5;1;0;3;52,4;19,08',
      '21.06.2026 10:10:04;0;0,5;1,5;1;0;3;52,4;19,08',
      '21.06.2026 10:15:04;0;0,5;1,5;1;0;3;52,4;19,08',
      '21.06.2026 20:00:04;0,2;0;1,2;0;1;0;51,2;-19,53',
      '21.06.2026 20:05:04;0,2;0;1,2;0;1;0;51,2;-19,53',
    ],
    { timeZone: 'Europe/Berlin' },
  )
  expect(await energies()).toEqual({
    pv: kWh(0.75),
    load: kWh(0.475),
    gridImport: kWh(0.016667),
    gridExport: kWh(0.125),
    batteryCharge: kWh(0.25),
    batteryDischarge: kWh(0.083333),
  })
  // The current follows the power, whose sides tell its direction.
  expect(await valuesOf('batteryCurrent')).toEqual([-19.08, -19.08, -19.08, -19.08, 19.53, 19.53])
})

test('sides under their own names are joined, and none is lost in silence', async () => {
  const report = await importOf([
    'timestamp,batteryCharge,batteryDischarge,gridImport,gridExport,pv_power',
    '2026-06-21T10:00:00Z,1000,0,0,500,3000',
  ])
  expect(report.plan.columns.ignored).toEqual([])
  expect(await valuesOf('batteryPower')).toEqual([-1000])
  expect(await valuesOf('gridPower')).toEqual([-500])
})

const VICTRON = [
  ',Battery Monitor [512],Battery Monitor [512],Battery Monitor [512],System overview [0],System overview [0],System overview [0],System overview [0],Solar Charger [260]',
  'Africa/Johannesburg (+02:00),State of charge,Voltage,Current,Battery Power,Grid L1,AC Consumption L1,AC Consumption L2,PV power',
  ',%,V,A,W,W,W,W,W',
  ...['12:00', '12:15', '12:30', '12:45'].map(
    (time) => `2026-06-21 ${time}:00,80.0,52.0,20.0,1040.0,0.0,600.0,400.0,2080.0`,
  ),
]
const VICTRON_ENERGIES = {
  pv: kWh(1.56),
  load: kWh(0.75),
  gridImport: 0,
  gridExport: 0,
  batteryCharge: kWh(0.78),
  batteryDischarge: 0,
}

test('a log of VRM: three rows of header, the zone in one of them, phases to add up', async () => {
  const report = await importOf(VICTRON)
  expect(report.plan).toMatchObject({
    timeZone: 'Africa/Johannesburg',
    signs: { batteryPositive: 'charging' },
    signsAre: 'found',
  })
  expect(await energies()).toEqual(VICTRON_ENERGIES)
  expect(await valuesOf('soc')).toEqual([80, 80, 80, 80])
})

test('columns are named by one row of their header, and added up with a plus', async () => {
  await importOf(VICTRON, {
    map: [
      'batt_power=Battery Power,load_power=AC Consumption L1+AC Consumption L2',
      'pv_power=Solar Charger [260]',
    ],
    batteryPositive: 'charging',
  })
  expect(await energies()).toEqual(VICTRON_ENERGIES)
})

test('the portal of SolarEdge: dates of the USA', async () => {
  await importOf(
    [
      'Time,System Production (W)',
      ...['12:00', '12:15', '12:30', '12:45', '13:00'].map((time) => `06/21/2026 ${time},"4000"`),
    ],
    { timeZone: 'America/New_York' },
  )
  expect(await energies()).toMatchObject({ pv: kWh(4) })
})

test('a clock of 12 hours, and marks between thousands', async () => {
  await importOf(
    [
      'Time,System Production (W)',
      ...['11:30 AM', '11:45 AM', '12:00 PM', '12:15 PM', '12:30 PM'].map(
        (time) => `21/06/2026 ${time},"4,000.5"`,
      ),
    ],
    { timeZone: 'Europe/London' },
  )
  expect(await energies()).toMatchObject({ pv: kWh(4.0005) })
})

const ENPHASE = [
  'Date/Time,Energy Produced (Wh),Energy Consumed (Wh),Exported to Grid (Wh),Imported from Grid (Wh)',
  ...['12:00', '12:15', '12:30', '12:45', '13:00'].map(
    (time) => `06/21/2026 ${time},750,250,500,0`,
  ),
  'Total,3750,1250,2500,0',
]

test('energies of intervals become powers that give exactly these energies; a row of totals is none', async () => {
  const report = await importOf(ENPHASE, { timeZone: 'America/New_York' })
  expect(report).toMatchObject({ otherRows: 1, plan: { interval: 15 * 60_000_000 } })
  expect(await energies()).toMatchObject({
    pv: expect.closeTo(3.75, 8),
    load: expect.closeTo(1.25, 8),
    gridExport: expect.closeTo(2.5, 8),
    gridImport: 0,
  })
})

test('energies of intervals that end at the time of the row, of hours, and of both directions', async () => {
  await importOf(
    [
      'Hour,Load [kWh],Grid import [kWh],Grid export [kWh]',
      '2026-06-21T01:00:00Z,1.5,0.2,0',
      '2026-06-21T02:00:00Z,0.5,0.3,0.6',
      '2026-06-21T03:00:00Z,,0.1,0',
    ],
    { intervalTime: 'end' },
  )
  expect(await energies()).toMatchObject({
    load: expect.closeTo(2, 8),
    gridImport: expect.closeTo(0.6, 8),
    gridExport: expect.closeTo(0.6, 8),
  })
  const stored = await storedReadings(api.database)
  expect(stored.find((row) => row.plantId === plantId)?.timestamp).toBe(
    Date.parse('2026-06-21T00:00:00Z') * 1000,
  )
})

test('history of Home Assistant: a row a sensor, joined to readings', async () => {
  const state = (sensor: string, value: string, time: string) =>
    `sensor.plant_${sensor},${value},2026-06-21T10:${time}.000Z`
  await importOf([
    'entity_id,state,last_changed',
    state('pv_power', '2000', '00:00'),
    state('pv_power', '2000', '05:00'),
    state('pv_power', 'unavailable', '10:00'),
    state('pv_power', '2000', '15:00'),
    state('battery_soc', '80', '00:01'),
    state('battery_soc', '81', '05:01'),
    state('battery_soc', '82', '10:01'),
    state('battery_soc', '83', '15:01'),
  ])
  expect(await valuesOf('pvPower')).toEqual([2000, 2000, null, 2000])
  expect(await valuesOf('soc')).toEqual([80, 81, 82, 83])
  expect(await energies()).toMatchObject({ pv: kWh(0.5) })
})

test('sensors with names of their own are mapped, and others are told', async () => {
  const report = await importOf(
    [
      'sensor,value,time',
      'roof,1500,2026-06-21T10:00:00Z',
      'attic,21,2026-06-21T10:00:00Z',
      'roof,1600,2026-06-21T10:05:00Z',
    ],
    { map: ['pv_power=roof'] },
  )
  expect(report.unknownSensors).toEqual(new Set(['attic']))
  expect(await valuesOf('pvPower')).toEqual([1500, 1600])
})

test.each([
  ['seconds', ['1782036000', '1782036300', '1782036600', '1782036900']],
  ['milliseconds', ['1782036000000', '1782036300000', '1782036600000', '1782036900000']],
])('Unix %s go before a local time without a zone', async (_, times) => {
  await importOf([
    'Unix Timestamp,Local Time,Load Power,Solar Power (W),Battery Voltage (V),State of Charge',
    ...times.map((time, index) => `${time},2026/06/21 12:${index}5,600,2400,52.1,81`),
  ])
  expect(await energies()).toMatchObject({ pv: kWh(0.6) })
  expect(await valuesOf('batteryVoltage')).toEqual([52.1, 52.1, 52.1, 52.1])
})

test('every word for "missing" is not measured', async () => {
  await importOf([
    'timestamp,pv_power,soc,load_power',
    ...['2400', '--', 'N/A', 'NaN', 'null', '-', '2400'].map(
      (pv, index) => `2026-06-21T10:${String(index * 5).padStart(2, '0')}:00Z,${pv},81,600`,
    ),
  ])
  expect(await valuesOf('pvPower')).toEqual([2400, null, null, null, null, null, 2400])
  expect(await energies()).toMatchObject({ load: kWh(0.3) })
})

test('a value that is left out at the end of a row is missing, and a meter since ever is not read', async () => {
  const report = await importOf(
    [
      'timestamp,Total yield [kWh],pv_power',
      '2026-06-21T05:00:00Z,100.102',
      '2026-06-21T05:05:00Z,100.105,0.036',
      '2026-06-21T05:10:00Z,100.108,0.036',
    ],
    { unit: 'kW' },
  )
  expect(await valuesOf('pvPower')).toEqual([null, 36, 36])
  expect(report.plan.columns.ignored).toMatchObject([{ column: { name: 'Total yield [kWh]' } }])
  expect(await energies()).toMatchObject({ pv: kWh(0.003) })
})

const CHANGES = [
  'timestamp,load_power',
  '2026-06-21T00:00:00Z,300',
  '2026-06-21T00:40:00Z,310',
  '2026-06-21T01:30:00Z,300',
  '2026-06-21T02:20:00Z,310',
  '2026-06-21T03:00:00Z,300',
]

test('values of a sensor that records changes only hold until the next one', async () => {
  await importOf(CHANGES, { hold: 6 * 3_600_000_000 })
  expect(await energies()).toMatchObject({ load: kWh(0.915) })
})

test('values hold no longer than told, and each quantity for itself', async () => {
  await importOf(
    [
      'timestamp,load_power,soc',
      '2026-06-21T00:00:00Z,600,80',
      '2026-06-21T00:30:00Z,,81',
      '2026-06-21T03:00:00Z,600,82',
    ],
    { hold: 3_600_000_000 },
  )
  // An hour, and not a minute of the two after it.
  expect(await energies()).toMatchObject({ load: kWh(0.6) })
  expect((await valuesOf('soc')).at(-1)).toBe(82)
})

test('PV below nothing at night is nothing, and is told', async () => {
  const report = await importOf([
    'timestamp,soc,pv_power,load_power,batt_power,grid_power',
    '2026-06-27T02:00:00Z,55,-11,389,400,0',
    '2026-06-27T02:05:00Z,55,-9,389,398,0',
    '2026-06-27T02:10:00Z,55,0,389,389,0',
  ])
  expect(report.issues.count).toBe(2)
  expect(report.issues.describe()).toEqual([
    `pvPower: 2 corrected, such as -9 of plant ${plantId} at 2026-06-27T02:05:00.000Z; expected 0 to 10000000 W`,
  ])
  expect(await valuesOf('pvPower')).toEqual([0, 0, 0])
  expect(await energies()).toMatchObject({ pv: 0 })
})

test('a state of charge of 100.4 is 100, one of 105 is none, and the row is kept', async () => {
  await importOf([
    'timestamp,soc,pv_power',
    '2026-06-21T12:00:00Z,100.4,5000',
    '2026-06-21T12:05:00Z,105,5000',
    '2026-06-21T12:10:00Z,100,5000',
  ])
  expect(await valuesOf('soc')).toEqual([100, null, 100])
  expect(await valuesOf('pvPower')).toEqual([5000, 5000, 5000])
})

test('a register that overflowed is no measurement', async () => {
  await importOf([
    'timestamp,load_power,batt_current,grid_power',
    '2026-06-21T10:00:00Z,500,10,0',
    '2026-06-21T10:05:00Z,65535,6400,65531',
    '2026-06-21T10:10:00Z,500,10,0',
  ])
  expect(await valuesOf('loadPower')).toEqual([500, null, 500])
  expect(await valuesOf('batteryCurrent')).toEqual([10, null, 10])
  expect(await energies()).toMatchObject({ load: kWh(1 / 12), gridImport: 0, gridExport: 0 })
})

test.each([
  [
    'dates',
    ['01/02/2026 10:00,5', '01/02/2026 10:05,6'],
    /day first or month first\? Give --date-format/,
  ],
  [
    'numbers',
    ['2026-06-21 10:00;1.200', '2026-06-21 10:05;1.300'],
    /more than a thousand.*--decimal/,
  ],
])('%s that can be read two ways are asked for', async (_, rows, message) => {
  const delimiter = rows[0]?.includes(';') === true ? ';' : ','
  await expect(
    importOf([`time${delimiter}load_power`, ...rows], { timeZone: 'UTC' }),
  ).rejects.toThrow(message)
})

test('a workbook is refused with a sentence and none of its bytes', async () => {
  const workbook = Buffer.from('PK\u0003\u0004\u0014\u0000xl/worksheets/sheet1.xml\u0000\u0001')
  await using session = await api.database.openSession('test')
  const refused = importCsv(session, Readable.from([workbook]), {
    plantId: 1,
    columns: new Map(),
    onDuplicate: 'KEEP',
    onError: 'stop',
  })
  await expect(refused).rejects.toThrow(/^The file is a workbook: expected CSV\. [ -~]+$/)
})

test('a power of another sign than the one told is stored as told, with a warning', async () => {
  const rows = ['00', '05', '10'].map((minute) => `2026-06-21T10:${minute}:00Z,3000,1000,1500,500`)
  const header = 'timestamp,pv_power,load_power,batt_power,grid_power'
  const report = await importOf([header, ...rows])
  expect(report.plan).toMatchObject({
    signsAre: 'refuted',
    signs: { batteryPositive: 'discharging' },
  })
  expect(await valuesOf('batteryPower')).toEqual([1500, 1500, 1500])
})
