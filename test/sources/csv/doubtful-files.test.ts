import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { parseColumnMap } from '../../../src/sources/csv/columns.ts'
import { CsvFile } from '../../../src/sources/csv/csv-file.ts'
import type { CsvOptions } from '../../../src/sources/csv/csv-plan.ts'
import { unreadPowers } from '../../../src/sources/csv/describe-plan.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'

/** Files that look as if they could be read, and would be read wrong. */

async function read(
  lines: readonly string[] | Buffer,
  { map = [], ...options }: Partial<Omit<CsvOptions, 'columns'>> & { map?: string[] } = {},
) {
  const bytes = Buffer.isBuffer(lines) ? lines : Buffer.from(`${lines.join('\n')}\n`)
  const file = await CsvFile.open(Readable.from([bytes]), {
    plantId: 1,
    timeZone: 'Europe/Berlin',
    columns: parseColumnMap(map),
    onError: 'stop',
    ...options,
  })
  const readings: Reading[] = []
  for await (const batch of file.readings()) readings.push(...batch)
  return { readings, plan: file.plan, findings: file.findings() }
}

/** Rows of the same values, a quarter of an hour apart. */
const quarters = (values: string, count = 3) =>
  Array.from({ length: count }, (_, index) => {
    const minutes = index * 15
    const time = [Math.floor(minutes / 60), minutes % 60].map((part) => `${part}`.padStart(2, '0'))
    return `2026-06-21 ${time.join(':')},${values}`
  })

test.each([
  'Self consumption (W)',
  'Heat pump consumption (W)',
  'EV charging power (W)',
  'Off-grid power (W)',
  'Max battery discharge power (W)',
  'Max solar production (W)',
  'Daily PV generation (kWh)',
  'Estimated generation (kWh)',
  'Solar to Battery (W)',
  'Solar to Grid (W)',
  'Output load percentage',
  'Self-sufficiency percentage',
  'Tank level (%)',
  'Car SOC (%)',
  'Import (€)',
  'Export [£]',
  'Energy produced',
])('%s is not what its name ends with', async (name) => {
  const { plan } = await read([`Time,PV Voltage (V),${name}`, ...quarters('100,5')])
  expect([...plan.columns.sources.keys()]).toEqual(['pvVoltage'])
})

test.each([
  ['Total consumption (W)', 'loadPower'],
  ['Battery charge (%)', 'soc'],
  ['Battery level', 'soc'],
  ['Roof PV power (W)', 'pvPower'],
  ['Energy to grid (Wh)', 'gridExport'],
  ['Battery Charge/Discharge Power (W)', 'batteryPower'],
  ['Import/Export (kW)', 'gridPower'],
])('%s is what its name ends with', async (name, target) => {
  const { plan } = await read([`Time,${name}`, ...quarters('5')])
  expect([...plan.columns.sources.keys()]).toEqual([target])
})

test('the house and what only a part of it takes are told apart', async () => {
  const { readings, plan } = await read([
    'Time,Total consumption (W),Self consumption (W)',
    ...quarters('2600,500'),
  ])
  expect(readings[0]?.loadPower).toBe(2600)
  expect(unreadPowers(plan)).toMatchObject([{ column: { name: 'Self consumption (W)' } }])
})

test.each([
  ['kWatts', 1200],
  ['Watts', 1.2],
])('a unit in the words of Emporia: %s', async (unit, load) => {
  const { readings } = await read([`Time,Mains (${unit})`, ...quarters('1.2')], {
    map: [`load_power=Mains (${unit})`],
  })
  expect(readings[0]?.loadPower).toBe(load)
})

test.each([
  [['PV1 Power (kW)', 'PV2 Power (W)'], []],
  [['A (kW)', 'B (W)'], ['pv_power=A (kW)+B (W)']],
])('columns of %j are added up by their own units', async (names, map) => {
  const { readings } = await read([`Time,${names.join()}`, ...quarters('1.3,1300')], { map })
  expect(readings[0]?.pvPower).toBe(2600)
})

test.each([
  ['A (kW)+B (kWh)', 'a power and an energy'],
  ['A (kW)+C', 'a unit that is not known'],
])('%s is refused: %s', async (sum) => {
  const rows = ['Time,A (kW),B (kWh),C', ...quarters('1,2,3')]
  await expect(read(rows, { map: [`load_power=${sum}`] })).rejects.toThrow(
    /cannot be added up as load_power/,
  )
})

const BOTH_WAYS = ['Time,PV (W),Grid import (W)', ...quarters('2600,-1080'), ...quarters('0,700')]

test('an import of both signs is asked for, and read as the answer says', async () => {
  await expect(read(BOTH_WAYS)).rejects.toThrow(
    /--map grid_power="Grid import \(W\)" --grid-positive import$/,
  )
  const { readings } = await read(BOTH_WAYS, {
    map: ['grid_power=Grid import (W)'],
    gridPositive: 'import',
  })
  expect(readings.map(({ gridPower }) => gridPower)).toEqual([-1080, -1080, -1080, 700, 700, 700])
})

test('a power is not named by itself and by one of its sides', async () => {
  const rows = ['Time,A (W),B (W)', ...quarters('1,2')]
  await expect(read(rows, { map: ['grid_power=A (W),grid_import=B (W)'] })).rejects.toThrow(
    /map one of them/,
  )
  const grid = ['Time,Grid (W),B (W)', ...quarters('1,2')]
  const { readings } = await read(grid, { map: ['grid_import=B (W)'] })
  expect(readings[0]?.gridPower).toBe(2)
})

test('readings of two plants do not become those of one', async () => {
  const rows = ['plant_id,timestamp,pv_power', ...quarters('5').map((row) => `3,${row}`)]
  expect((await read(rows)).readings).toMatchObject([
    { plantId: 1 },
    { plantId: 1 },
    { plantId: 1 },
  ])
  await expect(read([...rows, '4,2026-06-21 05:00,5'])).rejects.toThrow(
    /line 5, plant_id: expected 3 as before/,
  )
})

const GROWING = Array.from({ length: 40 }, (_, index) => index)
const quarterly = (values: readonly (string | number)[]) =>
  values.map((value, index) => quarters(String(value), index + 1).at(-1) ?? '')

test.each([
  ['a new meter', GROWING.map((index) => (index * 0.1).toFixed(1))],
  ['a meter of the day', [...GROWING, ...GROWING].map((index) => (index * 0.1).toFixed(1))],
  ['a meter that is years old', GROWING.map((index) => 1000 + index * 0.1)],
])('%s is not read as energies of intervals', async (_, values) => {
  await expect(read(['Time,Import (kWh)', ...quarterly(values)])).rejects.toThrow(
    /"Import \(kWh\)" is not read: it only grows/,
  )
})

test('a meter that stands still beside one that grows is none of intervals', async () => {
  const rows = quarterly(['1000,500', '1000.1,500', '1000.3,500'])
  await expect(read(['Time,Import (kWh),Export (kWh)', ...rows])).rejects.toThrow(
    /"Export \(kWh\)" is not read: it only grows/,
  )
})

test('a few energies that happen to grow are no meter', async () => {
  const { plan } = await read([
    'Date,Consumption (kWh)',
    '2026-06-19,10',
    '2026-06-20,10',
    '2026-06-21,11',
  ])
  expect([...plan.columns.sources.keys()]).toEqual(['loadPower'])
})

test('a gap is not the interval of a logger that jitters', async () => {
  const times = ['10:00:03', '12:05:01', '12:10:05', '12:15:02', '12:20:04']
  const { plan } = await read(['Time,PV (Wh)', ...times.map((time) => `2026-06-21 ${time},100`)])
  expect(plan.interval).toBeGreaterThan(290_000_000)
  expect(plan.interval).toBeLessThan(310_000_000)
})

const sensorRows = (...sensors: string[]) => [
  'sensor,value,time',
  ...sensors.map((sensor, index) => `${sensor},${1000 + index},2026-06-21T10:00:0${index}Z`),
]

test('two sensors do not become one series', async () => {
  const rows = sensorRows('sensor.roof_pv_power', 'sensor.garage_pv_power')
  await expect(read(rows)).rejects.toThrow(
    /"sensor.roof_pv_power" and "sensor.garage_pv_power" both look like pv_power/,
  )
  const { readings, findings } = await read(rows, { map: ['pv_power=sensor.garage_pv_power'] })
  expect(readings).toMatchObject([{ pvPower: 1001 }])
  expect(findings.unknownSensors).toEqual(new Set(['sensor.roof_pv_power']))
})

test('a phase, and an energy, is not the power of a sensor', async () => {
  const rows = sensorRows('sensor.load_power', 'sensor.grid_power_l1', 'sensor.solar_energy')
  const { readings, findings } = await read(rows)
  expect(readings).toMatchObject([{ loadPower: 1000, gridPower: null, pvPower: null }])
  expect(findings.unknownSensors.size).toBe(2)
})

test('a column is left out by a name without a header', async () => {
  const rows = ['Time,PV (W),Grid', ...quarters('100,ON')]
  const { readings } = await read(rows, { map: ['grid_power='] })
  expect(readings[0]).toMatchObject({ pvPower: 100, gridPower: null })
})

test.each([
  ['PV (W)', { interval: 900_000_000 }, /need a column in Wh/],
  ['PV (W)', { intervalTime: 'end' }, /need a column in Wh/],
  ['PV (Wh)', { hold: 3_600_000_000 }, /the file has energies/],
  ['PV (W)', { window: 1_000_000 }, /Expected a file in long form/],
] as const)(
  'an option that is for another file than one of %s is refused: %j',
  async (name, options, message) => {
    await expect(read([`Time,${name}`, ...quarters('5')], options)).rejects.toThrow(message)
  },
)

test('numbers with their units, as panels of Grafana write them', async () => {
  const { readings } = await read([
    'Time,PV power,Load power,SoC',
    '2026-06-21 18:00,2.60 kW,520 W,88 %',
    '2026-06-21 18:05,850 W,1.20 kW,88.5%',
  ])
  expect(readings).toMatchObject([
    { pvPower: 2600, loadPower: 520, soc: 88 },
    { pvPower: 850, loadPower: 1200, soc: 88.5 },
  ])
  await expect(read(['Time,PV power', '2026-06-21 18:00,2.60 kWh'])).rejects.toThrow(
    /expected a number/,
  )
})

test('a date with midnight behind it goes with the time of day beside it', async () => {
  const { readings } = await read([
    'Date,Time,PV (Wh)',
    ...['18:00', '18:15', '18:30'].map((time) => `21/06/2026 00:00:00,${time},100`),
  ])
  expect(readings[0]?.timestamp).toBe(Date.parse('2026-06-21T16:00:00Z') * 1000)
  expect(readings[0]?.pvPower).toBe(400)
})

const dates = (...texts: string[]) => ['Time,PV (W)', ...texts.map((text) => `${text} 18:00,100`)]

test.each([
  ['year', dates('26/06/21', '26/06/22'), '2026-06-21'],
  ['day', dates('21/06/26', '22/06/26'), '2026-06-21'],
  ['day', dates('21.06.26'), '2026-06-21'],
  ['month', dates('06/21/26'), '2026-06-21'],
])(
  'of dates with two digits of the year the part that changes tells the %s',
  async (_, rows, date) => {
    const { readings } = await read(rows)
    expect(readings[0]?.timestamp).toBe(Date.parse(`${date}T16:00:00Z`) * 1000)
  },
)

test('one date with two digits of the year is asked for', async () => {
  const rows = dates('26/06/21')
  await expect(read(rows)).rejects.toThrow(/year first or day first\? Give --date-format ymd or/)
  const { readings } = await read(rows, { timeFormat: 'ymd' })
  expect(readings[0]?.timestamp).toBe(Date.parse('2026-06-21T16:00:00Z') * 1000)
})

test.each([
  ['2026-06-21 18:05:00 CEST+0200', '2026-06-21T16:05:00Z'],
  ['2026-06-21 18:05 UTC', '2026-06-21T18:05:00Z'],
  ['2026-06-21 24:00', '2026-06-21T22:00:00Z'],
])('a time written as %s', async (text, time) => {
  const { readings } = await read(['Time,PV (W)', `${text},100`])
  expect(readings[0]?.timestamp).toBe(Date.parse(time) * 1000)
})

test('a time that is not known is shown, with what was expected', async () => {
  await expect(read(['Time,PV (W)', '21 juin 2026 18:00,100'])).rejects.toThrow(
    /"21 juin 2026 18:00" of "Time" is no time that is known: expected a time such as/,
  )
})

test('the size of the plant above the header is not the unit of a column', async () => {
  const { readings, plan } = await read([
    'Plant,House',
    'Size,10 kW',
    'From,2026-06-21,To,2026-06-22',
    'Time,PV Power,Load Power',
    ...quarters('2600,520'),
  ])
  expect(readings[0]).toMatchObject({ pvPower: 2600, loadPower: 520 })
  expect(plan.shape.columns.map(({ name }) => name)).toEqual(['Time', 'PV Power', 'Load Power'])
})

test.each(['utf-16le', 'utf-16be'] as const)('%s without a mark', async (encoding) => {
  const bytes = Buffer.from(['Time;PV (W)', '2026-06-21 18:00;100', ''].join('\n'), 'utf-16le')
  const { readings, plan } = await read(encoding === 'utf-16be' ? bytes.swap16() : bytes)
  expect(plan.encoding).toBe(encoding)
  expect(readings).toMatchObject([{ pvPower: 100 }])
})

test('a line sep= that does not fit the rows', async () => {
  const { readings } = await read(['sep=;', 'Time,PV (W)', ...quarters('100')])
  expect(readings).toHaveLength(3)
})

test('the grid consumption of Fox ESS is what comes from the grid', async () => {
  const { readings } = await read([
    'Time,Load Power(kW),Grid Consumption Power(kW),Feed-in Power(kW)',
    ...quarters('0.5,0.5,0'),
  ])
  expect(readings[0]).toMatchObject({ loadPower: 500, gridPower: 500 })
})

test('a sign that nothing shows is a guess, unless somebody says it', async () => {
  const rows = ['Time,Battery power (W),SOC (%)', ...quarters('1000,50')]
  expect((await read(rows)).plan.unknownSigns).toEqual(['batteryPower'])
  const { plan } = await read(rows, { batteryPositive: 'charging' })
  expect(plan.unknownSigns).toEqual([])
})

test('rows of data without a time at the beginning are not the header', async () => {
  const rows = ['Time,PV (W),Load (W)', 'n/a,1,2', 'n/a,3,4', ...quarters('100,50', 5)]
  await expect(read(rows)).rejects.toThrow(/2 rows of the file are refused/)
  const { readings, findings } = await read(rows, { onError: 'skip' })
  expect(readings).toHaveLength(5)
  expect(findings.refused.count).toBe(2)
})

test('a time that stands still is not that of the readings', async () => {
  const { readings } = await read([
    'Time,Last update,PV (W)',
    ...['18:00', '18:05', '18:10'].map((time) => `2026-06-21 ${time},2026-06-22T05:15:00Z,100`),
  ])
  expect(readings.map(({ timestamp }) => new Date(timestamp / 1000).toISOString())).toEqual(
    ['16:00', '16:05', '16:10'].map((time) => `2026-06-21T${time}:00.000Z`),
  )
})

test.each([
  ['Hour ending', 'end'],
  ['Interval end', 'end'],
  ['Time', 'start'],
  ['Calendar', 'start'],
] as const)('a time called %s is the %s of its interval', async (name, moment) => {
  const { plan } = await read([`${name},PV (Wh)`, ...quarters('100')])
  expect(plan.intervalTime).toBe(moment)
})

test('a string that is not in use does not make the sum unknown', async () => {
  const { readings, plan } = await read(['Time,PV1 Power (W),PV2 Power (W)', ...quarters('100,--')])
  expect(readings[0]?.pvPower).toBe(100)
  expect(plan.columns.ignored).toMatchObject([{ reason: 'it is empty' }])
})

test('energies of months are as long as their month', async () => {
  const { readings } = await read(
    ['Month,PV (kWh)', ...['2026-01-01,744', '2026-02-01,672', '2026-03-01,744']],
    { timeZone: 'UTC' },
  )
  expect(readings[0]?.pvPower).toBeCloseTo(1000, 6)
  expect(
    readings.find(({ timestamp }) => timestamp > Date.parse('2026-02-02') * 1000)?.pvPower,
  ).toBeCloseTo(1000, 6)
})
