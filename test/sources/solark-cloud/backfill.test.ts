import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Instant } from '../../../src/database/instant.ts'
import { type BackfillOptions, backfill } from '../../../src/sources/solark-cloud/backfill.ts'
import { cloudAccount } from '../../../src/sources/solark-cloud/cloud-session.ts'
import { isCovered } from '../../../src/sources/solark-cloud/covered-day.ts'
import { readDayCurve } from '../../../src/sources/solark-cloud/day-curve.ts'
import { dayPayload as parsedDay } from '../../../src/sources/solark-cloud/payloads.ts'
import { solarkAccountSettings } from '../../../src/sources/solark-cloud/settings.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'
import { recordReadings } from '../../../src/telemetry/record.ts'
import { engines, openTestDatabase } from '../../support/database.ts'
import { householdInstant, writeHouseholdFile } from '../../support/household-file.ts'
import { reading } from '../../support/readings.ts'
import { dayPayload, type Point, timesBetween } from './day-payload.ts'
import {
  data,
  type FakeCloud,
  json,
  openFakeCloud,
  PASSWORD,
  plain,
  USERNAME,
} from './fake-cloud.ts'
import { CLOUD_PLANT, paths } from './payloads.ts'

const NOW: Instant = Date.UTC(2027, 0, 1) * 1000
const MINUTE = 60_000_000
const never = new AbortController().signal
const date = (text: string) => Temporal.PlainDate.from(text)

/** Fetches days without waiting, and returns them and how long each pause would have been, in ms. */
async function fetchDays(cloud: FakeCloud, options: Partial<BackfillOptions>, signal = never) {
  const account = cloudAccount(
    solarkAccountSettings.parse({ host: cloud.host, username: USERNAME }),
    PASSWORD,
  )
  const pauses: number[] = []
  let now = NOW
  const days = backfill(
    account,
    {
      cloudPlant: CLOUD_PLANT,
      plantId: 7,
      from: date('2026-06-21'),
      to: options.from ?? date('2026-06-21'),
      timeZone: 'UTC',
      requestsPerMinute: 20,
      now: () => now,
      pause: async (ms) => {
        pauses.push(ms)
        now += ms * 1000
      },
      ...options,
    },
    signal,
  )
  return { days: await Array.fromAsync(days), pauses }
}

/** The curve of a day, as the cloud gives it. */
function curveOf(payload: unknown, day: string, timeZone: string, now = NOW) {
  return readDayCurve(parsedDay.parse(payload), { plantId: 7, date: date(day), timeZone, now })
}

const noon: Point[] = [
  { time: '12:00', PV: 7388, Battery: -2289, SOC: 81, Load: 2944, Grid: -1992 },
  { time: '12:05', PV: 7420, Battery: -2310, SOC: 81, Load: 2960, Grid: -1985 },
]
const evening: Point[] = [{ time: '22:00', PV: 0, Battery: 1342, SOC: 47, Load: 1296, Grid: 38 }]

test('a day curve gives signed readings at the times of the plant, in order', async () => {
  await using cloud = await openFakeCloud()
  cloud.set(paths.day, data(dayPayload([...noon, ...evening])))
  const { days } = await fetchDays(cloud, { timeZone: 'America/Los_Angeles' })
  expect(days).toEqual([
    {
      date: date('2026-06-21'),
      outcome: 'fetched',
      done: 1,
      days: 1,
      leftOut: new Map(),
      unknownSeries: [],
      readings: [
        reading(7, Date.parse('2026-06-21T19:00:00Z') * 1000, {
          ...{ pvPower: 7388, batteryPower: -2289, soc: 81, loadPower: 2944, gridPower: -1992 },
        }),
        reading(7, Date.parse('2026-06-21T19:05:00Z') * 1000, {
          ...{ pvPower: 7420, batteryPower: -2310, soc: 81, loadPower: 2960, gridPower: -1985 },
        }),
        reading(7, Date.parse('2026-06-22T05:00:00Z') * 1000, {
          ...{ pvPower: 0, batteryPower: 1342, soc: 47, loadPower: 1296, gridPower: 38 },
        }),
      ],
    },
  ])
  expect(cloud.asked).toEqual([
    `/plant/energy/${CLOUD_PLANT}/day?date=2026-06-21&id=${CLOUD_PLANT}&lan=en`,
  ])
})

test('days come oldest first, at the rate that is allowed', async () => {
  await using cloud = await openFakeCloud()
  cloud.set(paths.day, data(dayPayload(noon)), data({ infos: [] }), data(dayPayload([])))
  const { days, pauses } = await fetchDays(cloud, {
    from: date('2026-02-27'),
    to: date('2026-03-01'),
    requestsPerMinute: 12,
  })
  expect(days.map(({ date, outcome, done, days }) => [String(date), outcome, done, days])).toEqual([
    ['2026-02-27', 'fetched', 1, 3],
    ['2026-02-28', 'empty', 2, 3],
    ['2026-03-01', 'empty', 3, 3],
  ])
  expect(pauses).toEqual([5000, 5000])
})

test('a day that is covered is not asked for', async () => {
  await using cloud = await openFakeCloud()
  cloud.set(paths.day, data(dayPayload(noon)))
  const asked: string[] = []
  const { days, pauses } = await fetchDays(cloud, {
    // The clock is put back on the 25th.
    from: date('2026-10-24'),
    to: date('2026-10-26'),
    timeZone: 'Europe/Berlin',
    isCovered: async (from, to) => {
      asked.push(`${new Date(from / 1000).toISOString()} ${(to - from) / MINUTE / 60}`)
      return asked.length < 3
    },
  })
  expect(days.map(({ outcome }) => outcome)).toEqual(['covered', 'covered', 'fetched'])
  expect(asked).toEqual([
    '2026-10-23T22:00:00.000Z 24',
    '2026-10-24T22:00:00.000Z 25',
    '2026-10-25T23:00:00.000Z 24',
  ])
  expect(cloud.asked).toHaveLength(1)
  expect(pauses).toEqual([])
})

test.each(engines)(
  'on %s a day is covered if the plant has readings in nearly all of its steps',
  async (engine) => {
    await using database = await openTestDatabase(engine)
    const start = Date.parse('2026-06-21T00:00:00Z') * 1000
    const at = (step: number, plantId = 7) =>
      reading(plantId, start + step * 5 * MINUTE + 41e6, { soc: 50 })
    const store = (readings: Reading[]) =>
      recordReadings(database.kysely, readings, { onDuplicate: 'KEEP', now: NOW })
    const covered = () => isCovered(database.kysely, 7, start, start + 1440 * MINUTE)
    const steps = Array.from({ length: 288 }, (_, step) => step)
    // Those of the day before and after, and of another plant, do not count; nor do two in one step.
    await store([at(-1), at(288), ...steps.map((step) => at(step, 8))])
    await store(steps.slice(0, 273).map((step) => at(step)))
    await store([reading(7, start + MINUTE, { soc: 50 })])
    expect(await covered()).toBe(false)
    await store([at(273)])
    expect(await covered()).toBe(true)
  },
)

test('a cloud that asks for a pause gets it, and one that fails is asked later and later', async () => {
  await using cloud = await openFakeCloud()
  cloud.set(
    paths.day,
    plain(429, 'text/plain', '', { 'retry-after': '90' }),
    plain(502, 'text/html', 'Bad Gateway'),
    (_, response) => response.destroy(),
    data(dayPayload(noon)),
  )
  const { days, pauses } = await fetchDays(cloud, {})
  expect(days.map(({ readings }) => readings.length)).toEqual([2])
  expect(pauses).toEqual([91_000, 10_000, 20_000])
})

test('it gives up after five attempts, and at once where none would help', async () => {
  await using cloud = await openFakeCloud()
  cloud.set(paths.day, plain(502, 'text/html', 'Bad Gateway'))
  await expect(fetchDays(cloud, {})).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
  expect(cloud.asked).toHaveLength(5)
  cloud.set(paths.day, json(200, { code: 3, msg: 'No permission' }))
  await expect(fetchDays(cloud, {})).rejects.toThrow('code 3, "No permission"')
  expect(cloud.asked).toHaveLength(6)
})

test('it ends in a pause if it is aborted', async () => {
  await using cloud = await openFakeCloud()
  cloud.set(paths.day, data(dayPayload(noon)))
  const stop = new AbortController()
  const account = cloudAccount(
    solarkAccountSettings.parse({ host: cloud.host, username: USERNAME }),
    PASSWORD,
  )
  const range = { from: date('2026-06-21'), to: date('2026-06-30') }
  const days = backfill(
    account,
    { cloudPlant: CLOUD_PLANT, plantId: 7, ...range, timeZone: 'UTC', requestsPerMinute: 1 },
    stop.signal,
  )
  expect((await days.next()).value).toMatchObject({ outcome: 'fetched' })
  const next = days.next()
  setImmediate(() => stop.abort(new Error('stop')))
  await expect(next).rejects.toThrow('stop')
  expect(cloud.asked).toHaveLength(1)
})

test('a range of days that ends before it begins is refused', async () => {
  await using cloud = await openFakeCloud()
  await expect(
    fetchDays(cloud, { from: date('2026-06-22'), to: date('2026-06-21') }),
  ).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
})

test('other signs are refused, unless a day before had the right ones', async () => {
  await using cloud = await openFakeCloud()
  const points = timesBetween(0, 24).map((time, index) =>
    index % 2 === 0
      ? { time, PV: 7420, Battery: 2310, SOC: 81, Load: 2960, Grid: -1985 }
      : { time, PV: 0, Battery: -1342, SOC: 47, Load: 1296, Grid: 38 },
  )
  cloud.set(paths.day, data(dayPayload(points)))
  await expect(fetchDays(cloud, {})).rejects.toThrow('with battery + charging and grid + importing')
  const right = points.map((point) => ({ ...point, Battery: -point.Battery }))
  cloud.set(paths.day, data(dayPayload(right)), data(dayPayload(points)))
  const { days } = await fetchDays(cloud, { to: date('2026-06-22') })
  expect(days.map(({ readings }) => readings[0]?.batteryPower)).toEqual([-2310, 2310])
})

test.each<[string, (payload: ReturnType<typeof dayPayload>) => unknown, string]>([
  [
    'a series in kWh',
    (payload) => ({ infos: payload.infos.map((info) => ({ ...info, unit: 'kWh' })) }),
    'the unit of PV to be W or kW; got kWh',
  ],
  [
    'no series that is known',
    () => ({ infos: [{ label: 'Wind', unit: 'W', records: [] }] }),
    'series such as PV, Battery, SOC, Load and Grid; got Wind',
  ],
  [
    'a series twice',
    (payload) => ({ infos: [...payload.infos, ...payload.infos] }),
    'one series of each label; got two of PV',
  ],
  [
    'a time that is none',
    () => dayPayload([{ time: '12:60', PV: 1 }]),
    'times of PV such as 12:05; got 12:60',
  ],
  [
    'a date for a time',
    () => dayPayload([{ time: '2026-06-21', PV: 1 }]),
    'times of PV such as 12:05; got 2026-06-21',
  ],
])('refuses a curve with %s, and says so', (_, change, expected) => {
  expect(() => curveOf(change(dayPayload(noon)), '2026-06-21', 'UTC')).toThrow(
    `The day curve of 2026-06-21: expected ${expected}`,
  )
})

test('what a series does not have is null; series without a quantity are named', () => {
  const payload = dayPayload([
    { time: '12:00', PV: 7388, Battery: null, Load: 2944 },
    { time: '12:05', Grid: -0 },
    { time: '12:10', Battery: null },
  ])
  const infos = [...payload.infos, { label: 'Gen', unit: 'W', records: [] }]
  const { readings, unknownSeries } = curveOf({ infos }, '2026-06-21', 'UTC')
  const at = (time: string) => Date.parse(`2026-06-21T${time}Z`) * 1000
  expect(readings).toEqual([
    reading(7, at('12:00:00'), { pvPower: 7388, loadPower: 2944 }),
    reading(7, at('12:05:00'), { gridPower: 0 }),
  ])
  expect(unknownSeries).toEqual(['Gen'])
})

test('kW are W', () => {
  const infos = [{ label: 'Grid', unit: 'kW', records: [{ time: '12:00', value: '-1.985' }] }]
  expect(curveOf({ infos }, '2026-06-21', 'UTC').readings).toMatchObject([{ gridPower: -1985 }])
})

test('points later than now, with which the cloud fills up the day, are left out', () => {
  const now = Date.parse('2026-06-21T12:02:00Z') * 1000
  const { readings, leftOut } = curveOf(dayPayload(noon), '2026-06-21', 'UTC', now)
  expect(readings).toHaveLength(1)
  expect(leftOut).toEqual(new Map([['later than now', 5]]))
})

test('two values for one time are none', () => {
  const points = [
    { time: '12:00', PV: 1, Load: 5 },
    { time: '12:00', PV: 2, Load: 5 },
  ]
  const { readings, leftOut } = curveOf(dayPayload(points), '2026-06-21', 'UTC')
  expect(readings).toMatchObject([{ pvPower: null, loadPower: 5 }])
  expect(leftOut).toEqual(new Map([['with two values for one time', 1]]))
})

/** Points whose PV power counts them. */
const counted = (times: readonly string[]): Point[] => times.map((time, PV) => ({ time, PV }))

test('the day of 25 hours has 300 points, the day of 23 hours 276', () => {
  const autumn = counted([...timesBetween(0, 2), ...timesBetween(1, 24)])
  const long = curveOf(dayPayload(autumn), '2026-11-01', 'America/Los_Angeles')
  const start = Date.parse('2026-11-01T07:00:00Z') * 1000
  expect(long.readings).toEqual(
    autumn.map(({ PV = null }, step) => reading(7, start + step * 5 * MINUTE, { pvPower: PV })),
  )
  const spring = counted([...timesBetween(0, 2), ...timesBetween(3, 24)])
  const short = curveOf(dayPayload(spring), '2026-03-08', 'America/Los_Angeles')
  const begin = Date.parse('2026-03-08T08:00:00Z') * 1000
  expect(short.readings).toEqual(
    spring.map(({ PV = null }, step) => reading(7, begin + step * 5 * MINUTE, { pvPower: PV })),
  )
  for (const { leftOut } of [long, short]) expect(leftOut.size).toBe(0)
})

test('of 288 points of such a day, those are left out whose time is not known', () => {
  const all = dayPayload(counted(timesBetween(0, 24)))
  const long = curveOf(all, '2026-11-01', 'America/Los_Angeles')
  expect(long.readings).toHaveLength(276)
  expect(long.leftOut).toEqual(
    new Map([['of an hour that the clock showed twice, without a sign which time it was', 12]]),
  )
  const short = curveOf(all, '2026-03-08', 'America/Los_Angeles')
  expect(short.readings).toHaveLength(276)
  expect(short.leftOut).toEqual(new Map([['of an hour that the clock skipped', 12]]))
})

test('no point of a day is at a wrong time, whatever is missing', () => {
  const zones = ['America/Los_Angeles', 'Europe/Berlin', 'Australia/Lord_Howe', 'UTC']
  const days = ['2026-10-25', '2026-11-01', '2026-04-05', '2026-03-08', '2026-03-29', '2026-10-04']
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.constantFrom(...days),
      fc.func(fc.integer({ min: 0, max: 9 })),
      fc.integer({ min: 0, max: 9 }),
      (timeZone, day, chance, gaps) => {
        const from = date(day).toZonedDateTime(timeZone)
        const to = date(day).add({ days: 1 }).toZonedDateTime(timeZone)
        // What the clock shows every five minutes of the day, of which some are missing.
        const points: Point[] = []
        const expected = new Map<number, Instant>()
        for (let time = from; Temporal.ZonedDateTime.compare(time, to) < 0; ) {
          const minute = points.length + expected.size
          if (chance(time.epochMilliseconds) >= gaps) {
            points.push({ time: time.toPlainTime().toString().slice(0, 5), PV: minute })
            expected.set(minute, time.epochMilliseconds * 1000)
          }
          time = time.add({ minutes: 5 })
        }
        const { readings, leftOut } = curveOf(dayPayload(points), day, timeZone)
        for (const { pvPower, timestamp } of readings) {
          expect(timestamp).toBe(expected.get(pvPower ?? -1))
        }
        const missing = [...leftOut.values()].reduce((sum, count) => sum + count, 0)
        expect(readings.length + missing).toBe(points.length)
        if (gaps === 0) expect(missing).toBe(0)
      },
    ),
  )
})

const shared = resolve(import.meta.dirname, '../../../../shared/data/sunsynk-za-2022-2023')
/** Where somebody has the recorded days beside the project. */
const hasRecordedDays = existsSync(shared)

const seriesOfFile = {
  PV: 'solar_production',
  Battery: 'battery',
  SOC: 'state_of_charge',
  Load: 'consumption',
  Grid: 'grid_usage',
} as const

/** A recorded day, in the form in which the cloud gave it before it was written to a file. */
async function recordedDay(day: string) {
  const name = `${day.replaceAll('-', '_')}_solar.txt`
  const file: Record<string, Record<string, Record<string, string>>> = JSON.parse(
    await readFile(resolve(shared, 'raw-sample', name), 'utf8'),
  )
  return {
    infos: Object.entries(seriesOfFile).map(([label, series]) => {
      const times = file[series]?.[`${series}_time`] ?? {}
      const values = file[series]?.[`${series}_value`] ?? {}
      const records = Object.entries(times).map(([key, time]) => {
        expect(time.slice(0, 10)).toBe(day)
        return { time: time.slice(11, 16), updateTime: null, value: values[key] ?? null }
      })
      return { label, unit: label === 'SOC' ? '%' : 'W', records }
    }),
  }
}

/** The readings of the file of a household, as the import reads it, by their date. */
async function importedDays(file: string): Promise<ReadonlyMap<string, Reading[]>> {
  const csv = gunzipSync(await readFile(file)).toString()
  const [header = '', ...lines] = csv.trimEnd().split('\n')
  expect(header).toBe('time_local,pv_w,batt_w,grid_w,load_w,soc_pct')
  const readings = lines.map((line) => {
    const [time = '', ...values] = line.split(',')
    const [pv, battery, grid, load, soc] = values.map((value) =>
      value === '' ? null : Number(value),
    )
    return {
      date: time.slice(0, 10),
      reading: reading(7, Date.parse(`${time.replace(' ', 'T')}+02:00`) * 1000, {
        pvPower: pv ?? null,
        batteryPower: battery ?? null,
        gridPower: grid ?? null,
        loadPower: load ?? null,
        soc: soc ?? null,
      }),
    }
  })
  const days = Map.groupBy(readings, ({ date }) => date)
  return new Map([...days].map(([date, all]) => [date, all.map(({ reading }) => reading)]))
}

if (hasRecordedDays) {
  test('recorded days give the readings of their CSV file', async () => {
    await using cloud = await openFakeCloud()
    const imported = await importedDays(resolve(shared, 'sunsynk_5min.csv.gz'))
    const days = [
      '2022-09-21',
      '2023-01-14',
      '2023-03-15',
      '2023-09-18',
      '2023-09-20',
      '2023-12-04',
      '2024-06-30',
    ]
    for (const day of days) {
      cloud.set(paths.day, data(await recordedDay(day)))
      const { days } = await fetchDays(cloud, {
        from: date(day),
        to: date(day),
        timeZone: 'Africa/Johannesburg',
      })
      expect(days[0]?.readings, day).toEqual(imported.get(day) ?? [])
      expect(days[0]?.outcome, day).toBe(imported.has(day) ? 'fetched' : 'empty')
    }
    expect(days.map((day) => imported.get(day)?.length ?? 0)).toEqual([
      288, 287, 284, 181, 0, 107, 0,
    ])
  })
}

test.each(hasRecordedDays ? ['simulated', 'measured'] : ['simulated'])(
  'no day of a %s household is taken for one of other signs',
  { timeout: 300_000 },
  async (household) => {
    await using cloud = await openFakeCloud()
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-backfill-'))
    const simulated = join(folder, 'household.csv.gz')
    const range = {
      from: householdInstant('2023-01-01T00:00'),
      to: householdInstant('2023-02-01T00:00'),
    }
    const rows = household === 'simulated' ? await writeHouseholdFile(simulated, range) : 123_357
    const imported = await importedDays(
      household === 'simulated' ? simulated : resolve(shared, 'sunsynk_5min.csv.gz'),
    )
    await rm(folder, { recursive: true })
    expect(imported.size).toBe(household === 'simulated' ? 31 : 436)
    let readings = 0
    for (const [day, all] of imported) {
      const payload = dayPayload(
        all.map(({ timestamp, ...values }) => ({
          time: new Date(timestamp / 1000 + 7_200_000).toISOString().slice(11, 16),
          PV: values.pvPower,
          Battery: values.batteryPower,
          SOC: values.soc,
          Load: values.loadPower,
          Grid: values.gridPower,
        })),
      )
      cloud.set(paths.day, data(payload))
      const { days } = await fetchDays(cloud, { from: date(day) })
      readings += days[0]?.readings.length ?? 0
    }
    expect(readings).toBe(rows)
  },
)
