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
