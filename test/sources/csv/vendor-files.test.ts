import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Measurements } from '../../../src/quantities.ts'
import { parseColumnMap } from '../../../src/sources/csv/columns.ts'
import type { CsvOptions } from '../../../src/sources/csv/csv-plan.ts'
import { importCsv } from '../../../src/sources/csv/import.ts'
import { presetNamed, presetNames } from '../../../src/sources/csv/presets.ts'
import { emptyReading } from '../../../src/telemetry/reading.ts'
import { graphql } from '../../generated/gql.ts'
import { openTestApi, type TestApi } from '../../support/api.ts'
import { storedReadings } from '../../support/readings.ts'

const EnergyOfFile = graphql(`
  query EnergyOfFile($plantId: Int!, $from: Date!, $to: Date!) {
    energy(plantId: $plantId, from: $from, to: $to, period: YEAR) {
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

type Energies = [
  pv: number | null,
  load: number | null,
  gridImport: number | null,
  gridExport: number | null,
  batteryCharge: number | null,
  batteryDischarge: number | null,
]

interface Sample {
  /** A file in samples. */
  file: string
  options: Partial<Omit<CsvOptions, 'columns' | 'preset'>> & { map?: string[] }
  readings: number
  /** Its first reading, without what is null. */
  first: [time: string, values: Partial<Record<keyof Measurements, unknown>>]
  /** kWh over the whole file, worked out by a program of its own. */
  energies: Energies
}

const BERLIN = { timeZone: 'Europe/Berlin' }
const NEW_YORK = { timeZone: 'America/New_York' }

/** The same evening in every file: exporting and charging, then discharging, then importing. */
const samples: readonly Sample[] = [
  ...['senec', 'senec-kwh'].map(
    (name): Sample => ({
      file: `${name}.csv`,
      options: BERLIN,
      readings: 18,
      first: [
        '2026-06-21T18:00:04Z',
        {
          pvPower: 2730,
          loadPower: 525,
          gridPower: -1135,
          batteryPower: -1050,
          batteryVoltage: 52.4,
          batteryCurrent: -20.04,
          ...(name === 'senec' ? { soc: 88 } : {}),
        },
      ],
      energies: [1.51937, 1.217144, 0.225895, 0.568971, 0.422027, 0.48709],
    }),
  ),
  {
    file: 'sma.csv',
    options: BERLIN,
    readings: 18,
    first: ['2026-06-21T18:00:00Z', { pvPower: 2600 }],
    energies: [1.44, null, null, null, null, null],
  },
  {
    file: 'sma-utf16.csv',
    options: BERLIN,
    readings: 18,
    first: ['2026-06-21T18:00:00Z', {}],
    energies: [1.2275, null, null, null, null, null],
  },
  {
    file: 'sma-webui.csv',
    options: BERLIN,
    readings: 18,
    first: ['2026-06-21T18:00:00Z', { pvPower: 3640 }],
    energies: [2.0125, null, null, null, null, null],
  },
  {
    file: 'victron.csv',
    options: {},
    readings: 18,
    first: [
      '2026-06-21T15:00:00Z',
      {
        soc: 88,
        batteryVoltage: 52.6,
        batteryCurrent: -20.9,
        batteryTemperature: 25,
        batteryPower: -1100,
        gridPower: -1190,
        loadPower: 550,
        pvPower: 2860,
      },
    ],
    energies: [4.752, 3.806, 0.705336, 1.781086, 1.32, 1.5235],
  },
  {
    file: 'solaredge.csv',
    options: NEW_YORK,
    readings: 18,
    first: [
      '2026-06-21T22:00:00Z',
      { soc: 88, loadPower: 600, batteryPower: -1200, gridPower: -1300, pvPower: 3120 },
    ],
    energies: [5.184, 4.152, 0.766829, 1.947079, 1.44, 1.662],
  },
  {
    file: 'solaredge-energy.csv',
    options: BERLIN,
    readings: 54,
    first: ['2026-06-21T16:00:00Z', { pvPower: 3120, gridPower: -2520 }],
    energies: [5.574, null, 2.487, 3.747, null, null],
  },
  {
    file: 'enphase.csv',
    options: { timeZone: 'America/Chicago' },
    readings: 54,
    first: [
      '2026-06-21T23:00:00Z',
      { pvPower: 4680, loadPower: 900, gridPower: -1980, batteryPower: -1800 },
    ],
    energies: [8.361, 6.473, 1.109, 3.235, 2.385, 2.623],
  },
  {
    file: 'enphase-offset.csv',
    options: {},
    readings: 54,
    first: [
      '2026-06-21T17:00:00Z',
      { pvPower: 4680, loadPower: 900, gridPower: -1980, batteryPower: -1800 },
    ],
    energies: [8.361, 6.473, 1.109, 3.235, 2.385, 2.623],
  },
  {
    file: 'tesla.csv',
    options: {},
    readings: 18,
    first: [
      '2026-06-22T02:00:00Z',
      { loadPower: 1000, pvPower: 5200, batteryPower: -2000, gridPower: -2200, soc: 88 },
    ],
    energies: [2.875, 2.308333, 0.416667, 1.108333, 0.8, 0.925],
  },
  ...['tesla-energy', 'tesla-energy-negative'].map(
    (name): Sample => ({
      file: `${name}.csv`,
      options: {},
      // Each day has import and export, so that its grid is in two parts; the fourth has 23 hours.
      readings: 1019,
      first: [
        '2026-03-05T08:00:00Z',
        {
          loadPower: 18_400 / 24,
          pvPower: 900,
          batteryPower: 6100 / 24,
          gridPower: expect.closeTo((9200 + 1100) / 24, 6),
        },
      ],
      energies: [153.9, 143.8, 66.7, 30.1, 0, 49],
    }),
  ),
  {
    file: 'tesla-download.csv',
    options: {},
    readings: 18,
    first: [
      '2026-06-22T02:00:00Z',
      { pvPower: 5200, batteryPower: -2000, gridPower: -2199.75, loadPower: 1000.25 },
    ],
    energies: [2.88, 2.307021, 0.410167, 1.106479, 0.8, 0.923333],
  },
  {
    file: 'sungrow.csv',
    options: BERLIN,
    readings: 20,
    first: [
      '2026-06-21T18:00:00Z',
      { pvPower: 3380, gridPower: -1430, batteryPower: -1300, loadPower: 650, soc: 88 },
    ],
    energies: [1.872, 1.499333, 0.2665, 0.719333, 0.52, 0.600167],
  },
  {
    file: 'sungrow-split.csv',
    options: BERLIN,
    readings: 18,
    first: [
      '2026-06-21T18:00:00Z',
      { pvPower: 3380, gridPower: -1430, batteryPower: -1300, loadPower: 650 },
    ],
    energies: [1.86875, 1.499333, 0.2665, 0.719333, 0.52, 0.600167],
  },
  ...['solarman', 'solarman-negative'].map(
    (name): Sample => ({
      file: `${name}.csv`,
      options: BERLIN,
      readings: 18,
      first: [
        '2026-06-21T18:00:00Z',
        { pvPower: 2990, loadPower: 575, gridPower: -1245, batteryPower: -1150, soc: 88 },
      ],
      energies: [1.656, 1.326083, 0.245277, 0.621486, 0.46, 0.530875],
    }),
  ),
  ...['sunsynk', 'sunsynk-solark'].map(
    (name): Sample => ({
      file: `${name}.csv`,
      options: BERLIN,
      readings: 18,
      first: [
        '2026-06-21T18:00:00Z',
        {
          gridPower: -1355,
          loadPower: 625,
          pvPower: 3250,
          batteryPower: -1250,
          batteryCurrent: -23.54,
          batteryVoltage: 53.1,
          batteryTemperature: 24.8,
          inverterTemperature: 41.5,
          soc: 88,
        },
      ],
      energies: [1.8, 1.441833, 0.266025, 0.67665, 0.5, 0.577042],
    }),
  ),
  {
    file: 'home-assistant.csv',
    // Each sensor keeps its own times, for which the energies were worked out.
    options: { window: 0 },
    readings: 43,
    first: ['2026-06-21T18:00:00.312Z', { pvPower: 1980 }],
    energies: [0.74025, 0.348, 0.004118, 0.27841, 0.13875, 0.0795],
  },
  {
    file: 'solar-assistant.csv',
    options: {},
    readings: 9,
    first: [
      '2026-06-21T18:00:00Z',
      { pvPower: 2000, loadPower: 700, batteryPower: -800, gridPower: -480, soc: 90 },
    ],
    energies: [0.658333, 0.46125, 0.005865, 0.258365, 0.083333, 0.152083],
  },
  {
    file: 'solar-assistant-grafana.csv',
    options: BERLIN,
    readings: 18,
    first: [
      '2026-06-21T18:00:00Z',
      { pvPower: 2600, loadPower: 500, batteryPower: -1000, gridPower: -1080, soc: 88 },
    ],
    energies: [1.44, 1.153333, 0.214615, 0.538365, 0.4, 0.461667],
  },
]

const FOLDER = join(import.meta.dirname, 'samples')

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('native')
})
afterAll(() => api[Symbol.asyncDispose]())

const presetOf = (file: string) => {
  const preset = presetNames.find(
    (name) => file.startsWith(name) && /^[.-]/.test(file.slice(name.length)),
  )
  if (preset === undefined) throw new Error(`${file} is of no preset`)
  return preset
}

test('every preset has a sample, and every sample its right answer', async () => {
  expect(samples.map(({ file }) => file).toSorted()).toEqual((await readdir(FOLDER)).toSorted())
  expect(new Set(samples.map(({ file }) => presetOf(file)))).toEqual(new Set(presetNames))
})

test.each(samples.map((sample, index) => [sample.file, sample, index + 1] as const))(
  'reads %s with its preset',
  async (file, { options: { map = [], ...options }, readings, first, energies }, plantId) => {
    await using session = await api.database.openSession('test')
    const report = await importCsv(session, createReadStream(join(FOLDER, file)), {
      ...options,
      plantId,
      preset: presetNamed(presetOf(file)),
      columns: parseColumnMap(map),
      onDuplicate: 'KEEP',
      onError: 'stop',
    })
    expect(report).toMatchObject({ inserted: readings, issues: { count: 0 } })
    expect(report.plan.signsAre).not.toBe('refuted')
    const stored = (await storedReadings(api.database)).filter((row) => row.plantId === plantId)
    const [time, values] = first
    expect(stored[0]).toEqual({ ...emptyReading(plantId, Date.parse(time) * 1000), ...values })
    expect(await energiesOf(plantId)).toEqual(
      energies.map((energy) => (energy === null ? null : expect.closeTo(energy, 5))),
    )
  },
)

async function energiesOf(plantId: number): Promise<(number | null)[]> {
  const range = { from: '2026-01-01', to: '2026-12-31' }
  const [year] = (await api.ask(EnergyOfFile, { plantId, ...range })).energy
  if (year === undefined) throw new Error('Expected a year')
  const { pv, load, gridImport, gridExport, batteryCharge, batteryDischarge } = year.energy
  return [pv, load, gridImport, gridExport, batteryCharge, batteryDischarge]
}
