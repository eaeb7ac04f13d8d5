import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphql } from '../../generated/gql.ts'
import type { HistoryQueryVariables } from '../../generated/graphql.ts'
import { openTestApi, type TestApi } from '../../support/api.ts'
import { engines } from '../../support/database.ts'

const History = graphql(`
  query History(
    $plantId: Int!
    $from: DateTime!
    $to: DateTime!
    $bucket: Duration
    $maxPoints: Int
    $timeZone: TimeZone
    $fill: Fill
  ) {
    history(
      plantId: $plantId
      from: $from
      to: $to
      bucket: $bucket
      maxPoints: $maxPoints
      timeZone: $timeZone
      fill: $fill
    ) {
      plant {
        plantId
        name
      }
      bucket
      timeZone
      points {
        start
        end
        samples
        coverage
        soc {
          ...Values
        }
        pvPower {
          ...Values
        }
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
  }
  fragment Values on Range {
    avg
    min
    max
    coverage
  }
`)

const Chart = graphql(`
  query Chart($from: DateTime!, $to: DateTime!) {
    history(plantId: 7, from: $from, to: $to, bucket: "PT1H") {
      points {
        start
      }
    }
  }
`)

const steady = (value: number, coverage = 1) => ({ avg: value, min: value, max: value, coverage })
const time = (clock: string) => `2026-06-21T${clock}:00.000Z`

describe.each(engines)('history on %s', (engine) => {
  let api: TestApi
  const ask = async (variables: Omit<HistoryQueryVariables, 'plantId'> & { plantId?: number }) =>
    (await api.ask(History, { plantId: 7, ...variables })).history

  beforeAll(async () => {
    api = await openTestApi(engine)
    await api.services.database.kysely
      .insertInto('solark.plant')
      .values([
        { id: 7, name: 'Roof', time_zone: 'Asia/Kathmandu' },
        { id: 8 },
        { id: 9, time_zone: 'Mars/Olympus' },
      ])
      .execute()
    const insert = (from: string, to: string, pv: number | null, soc: number | null) =>
      sql`insert into solark.telemetry (plant_id, timestamp, pv_power, soc)
        select 7, time, ${pv}, ${soc}
        from generate_series(${time(from)}::timestamptz, ${time(to)}, interval '5 minutes') as time`.execute(
        api.database.kysely,
      )
    await insert('10:00', '10:55', 1200, 50)
    await insert('13:00', '13:55', 600, null)
    await insert('16:30', '16:30', 90, 40)
  })
  afterAll(() => api[Symbol.asyncDispose]())

  test('the first and the last bucket are cut to from and to', async () => {
    const { points, plant } = await ask({
      from: time('10:07'),
      to: time('10:50'),
      bucket: 'PT30M',
      timeZone: 'UTC',
    })
    expect(plant).toEqual({ plantId: 7, name: 'Roof' })
    expect(points).toMatchObject([
      { start: time('10:07'), end: time('10:30'), samples: 4, coverage: 1, soc: steady(50) },
      { start: time('10:30'), end: time('10:50'), samples: 4, coverage: 1, soc: steady(50) },
    ])
    expect(points[0]?.energy.pv).toBeCloseTo((1.2 * 23) / 60, 12)
    expect(points[1]?.energy.pv).toBeCloseTo((1.2 * 20) / 60, 12)
    expect(points[0]?.energy).toMatchObject({ load: null, gridImport: null, batteryCharge: null })
  })

  test("buckets follow the plant's zone, or the one that is asked for", async () => {
    const range = { from: time('09:30'), to: time('11:30'), bucket: 'PT1H' }
    const own = await ask(range)
    expect(own.timeZone).toBe('Asia/Kathmandu')
    expect(own.points.map(({ start }) => start)).toEqual(['09:30', '10:15', '11:15'].map(time))
    const other = await ask({ ...range, timeZone: 'Europe/London' })
    expect(other.timeZone).toBe('Europe/London')
    expect(other.points.map(({ start }) => start)).toEqual(['09:30', '10:00', '11:00'].map(time))
  })

  test('coverage is the measured share, of each bucket and each quantity', async () => {
    const { points } = await ask({
      from: time('10:00'),
      to: time('18:00'),
      bucket: 'PT2H',
      timeZone: 'UTC',
    })
    expect(points).toMatchObject([
      {
        samples: 12,
        coverage: 55 / 120,
        pvPower: steady(1200, 55 / 120),
        soc: steady(50, 55 / 120),
      },
      { samples: 12, coverage: 55 / 120, pvPower: steady(600, 55 / 120), soc: null },
      { samples: 0, coverage: 0, pvPower: null, soc: null, energy: { pv: null } },
      // A single reading covers nothing, but it was measured.
      { samples: 1, coverage: 0, pvPower: steady(90, 0), soc: steady(40, 0), energy: { pv: null } },
    ])
  })

  test.for([
    ['NULL', [null, 1200, null, null, 600, null, null, 90, null]],
    ['PREVIOUS', [null, 1200, 1200, 1200, 600, 600, 600, 90, 90]],
    ['LINEAR', [null, 1200, 1000, 800, 600, 430, 260, 90, null]],
  ] as const)('empty buckets are filled with %s', async ([fill, expected]) => {
    const { points } = await ask({
      from: time('09:00'),
      to: time('18:00'),
      bucket: 'PT1H',
      timeZone: 'UTC',
      fill,
    })
    expect(points.map(({ pvPower }) => pvPower?.avg ?? null)).toEqual(expected)
    for (const { pvPower, samples, energy } of points) {
      if (samples > 0) continue
      if (pvPower !== null) expect(pvPower).toEqual(steady(pvPower.avg, 0))
      expect(energy.pv).toBeNull()
    }
  })

  test('a straight line goes from the middle of one bucket to that of another, also of cut ones', async () => {
    const { points } = await ask({
      from: time('10:30'),
      to: time('14:00'),
      bucket: 'PT1H',
      timeZone: 'UTC',
      fill: 'LINEAR',
    })
    // From 1200 at 10:45, the middle of half an hour, to 600 at 13:30.
    const at = (minutes: number) => 1200 - (600 * minutes) / 165
    expect(points[1]?.pvPower?.avg).toBeCloseTo(at(45), 9)
    expect(points[2]?.pvPower?.avg).toBeCloseTo(at(105), 9)
  })

  test('maxPoints chooses the smallest width, a bucket wins over it', async () => {
    const day = { from: time('00:00'), to: '2026-06-22T00:00:00Z', timeZone: 'UTC' }
    expect(await ask(day)).toMatchObject({ bucket: 'PT5M', points: { length: 288 } })
    expect(await ask({ ...day, maxPoints: 10 })).toMatchObject({
      bucket: 'PT3H',
      points: { length: 8 },
    })
    expect(await ask({ ...day, maxPoints: 10, bucket: 'PT1H' })).toMatchObject({
      bucket: 'PT1H',
      points: { length: 24 },
    })
  })

  test('what was never measured are empty buckets, and no time is no bucket', async () => {
    const { points } = await ask({
      plantId: 8,
      from: '1999-12-31T00:00:00Z',
      to: '2000-01-02T00:00:00Z',
      bucket: 'P1D',
      fill: 'LINEAR',
    })
    expect(points).toMatchObject(
      Array(2).fill({ samples: 0, coverage: 0, soc: null, energy: { pv: null } }),
    )
    expect((await ask({ plantId: 8, from: time('10:00'), to: time('10:00') })).points).toEqual([])
  })

  test('only the times of buckets can be asked for', async () => {
    const { history } = await api.ask(Chart, { from: time('10:00'), to: time('12:00') })
    expect(history.points).toEqual(
      ['10:00', '10:15', '11:15'].map((clock) => ({ start: time(clock) })),
    )
  })

  test.for([
    [{ plantId: 77 }, 'NOT_FOUND', 'plantId', 'got 77'],
    [{ plantId: 9 }, 'BAD_USER_INPUT', 'timeZone', 'it has Mars/Olympus: set it with upsertPlant'],
  ] as const)('%j is refused: %s at %s', async ([variables, code, argument, words]) => {
    const range = { from: time('10:00'), to: time('12:00') }
    const [error] = await api.fail(History, { ...range, ...variables })
    expect(error).toMatchObject({ extensions: { code, path: [argument] } })
    expect(error?.message).toContain(words)
    if (variables.plantId === 9) {
      expect((await ask({ ...range, ...variables, timeZone: 'UTC' })).timeZone).toBe('UTC')
    }
  })

  test('the limit of points is exact, by the clock of the plant', async () => {
    // 2000 hours in UTC. One more in Kathmandu, where an hour begins at 15 past.
    const range = {
      from: '2026-01-01T00:00:00Z',
      to: '2026-03-25T08:00:00Z',
      bucket: 'PT1H',
    }
    expect((await ask({ ...range, timeZone: 'UTC' })).points).toHaveLength(2000)
    const [error] = await api.fail(History, { plantId: 7, ...range })
    expect(error).toMatchObject({ extensions: { code: 'TOO_MANY_POINTS', path: ['from'] } })
    expect(error?.message).toContain('PT1H gives 2001: ask for PT2H or more')
  })
})
