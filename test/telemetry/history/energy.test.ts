import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphql } from '../../generated/gql.ts'
import type { EnergyQueryVariables } from '../../generated/graphql.ts'
import { openTestApi, type TestApi } from '../../support/api.ts'
import { engines } from '../../support/database.ts'

const Energy = graphql(`
  query Energy($plantId: Int!, $from: Date!, $to: Date!, $period: Period, $timeZone: TimeZone) {
    energy(plantId: $plantId, from: $from, to: $to, period: $period, timeZone: $timeZone) {
      start
      end
      day
      energy {
        pv
        load
        gridImport
        gridExport
        batteryCharge
        batteryDischarge
      }
      selfConsumption
      selfSufficiency
      peakPvPower
      peakLoadPower
      minSoc
      maxSoc
      coverage
    }
  }
`)

const LoadOnly = graphql(`
  query LoadOnly($from: Date!, $to: Date!) {
    energy(plantId: 7, from: $from, to: $to) {
      selfSufficiency
      ...Loads
    }
  }
  fragment Loads on EnergyPeriod {
    totals: energy {
      load
    }
  }
`)

describe.each(engines)('energy on %s', (engine) => {
  let api: TestApi
  const ask = async (variables: Omit<EnergyQueryVariables, 'plantId'> & { plantId?: number }) =>
    (await api.ask(Energy, { plantId: 7, ...variables })).energy
  /** Days, and kWh of the load to nine decimals. */
  const loads = async (variables: Parameters<typeof ask>[0]) =>
    (await ask(variables)).map(({ day, energy: { load } }) => [day, Number(load?.toFixed(9))])

  beforeAll(async () => {
    api = await openTestApi(engine)
    const { kysely } = api.services.database
    await kysely
      .insertInto('solark.plant')
      .values([
        { id: 7, time_zone: 'America/Los_Angeles' },
        { id: 8, time_zone: 'UTC' },
        { id: 9, time_zone: 'Pacific/Apia' },
      ])
      .execute()
    // 1 kW all the time, in a spring and an autumn.
    for (const [from, to] of [
      ['2026-03-01 08:00Z', '2026-04-01 07:00Z'],
      ['2026-10-26 07:00Z', '2026-12-01 08:00Z'],
    ]) {
      await sql`insert into solark.telemetry (plant_id, timestamp, load_power)
        select 7, time, 1000
        from generate_series(${from}::timestamptz, ${to}, interval '15 minutes') as time`.execute(
        kysely,
      )
    }
    // An hour of sun and an hour of night, in UTC.
    const insert = (time: string, values: (number | null)[]) =>
      sql`insert into solark.telemetry (plant_id, timestamp, pv_power, load_power, batt_power, grid_power, soc)
        values (8, ${`2026-06-21 ${time}Z`}, ${sql.join(values)})`.execute(kysely)
    for (const minutes of ['00', '10', '20', '30', '40', '50']) {
      await insert(`10:${minutes}`, [4000, 2500, -500, -1000, 60])
    }
    await insert('11:00', [4000, 2500, -500, -1000, 62])
    await insert('21:00', [0, 1000, 600, 400, 55])
    await insert('21:10', [0, 3000, 600, 400, 54])
    // From 1 kW import to 1 kW export, with the load unmeasured.
    await insert('22:30', [500, null, null, 1000, null])
    await insert('22:40', [500, null, null, -1000, null])
  })
  afterAll(() => api[Symbol.asyncDispose]())

  test('a day has 23 hours where the clock is put forward, and 25 where it is put back', async () => {
    expect(await loads({ from: '2026-03-07', to: '2026-03-09' })).toEqual([
      ['2026-03-07', 24],
      ['2026-03-08', 23],
      ['2026-03-09', 24],
    ])
    const autumn = await ask({ from: '2026-11-01', to: '2026-11-01' })
    expect(autumn).toMatchObject([
      { start: '2026-11-01T07:00:00.000Z', end: '2026-11-02T08:00:00.000Z', coverage: 1 },
    ])
    expect(autumn[0]?.energy.load).toBeCloseTo(25, 9)
  })

  test('hours are what the clock shows: one is missing in spring, one is there twice in autumn', async () => {
    const spring = await ask({ from: '2026-03-08', to: '2026-03-08', period: 'HOUR' })
    expect(spring).toHaveLength(23)
    const autumn = await ask({ from: '2026-11-01', to: '2026-11-01', period: 'HOUR' })
    expect(autumn.map(({ start }) => start).slice(0, 4)).toEqual([
      '2026-11-01T07:00:00.000Z',
      '2026-11-01T08:00:00.000Z',
      '2026-11-01T09:00:00.000Z',
      '2026-11-01T10:00:00.000Z',
    ])
    expect(autumn).toHaveLength(25)
    for (const { energy, day } of autumn) {
      expect(energy.load).toBeCloseTo(1, 9)
      expect(day).toBe('2026-11-01')
    }
  })

  test('weeks begin on Monday, months and years are cut to the days that are asked for', async () => {
    expect(await loads({ from: '2026-03-04', to: '2026-03-16', period: 'WEEK' })).toEqual([
      ['2026-03-04', 5 * 24 - 1],
      ['2026-03-09', 7 * 24],
      ['2026-03-16', 24],
    ])
    expect(await loads({ from: '2026-10-30', to: '2026-11-30', period: 'MONTH' })).toEqual([
      ['2026-10-30', 2 * 24],
      ['2026-11-01', 30 * 24 + 1],
    ])
    const year = await ask({ from: '2026-01-01', to: '2026-12-31', period: 'YEAR' })
    expect(year).toMatchObject([
      { start: '2026-01-01T08:00:00.000Z', end: '2027-01-01T08:00:00.000Z', day: '2026-01-01' },
    ])
    const hours = 31 * 24 - 1 + 36 * 24 + 1
    expect(year[0]?.energy.load).toBeCloseTo(hours, 6)
    expect(year[0]?.coverage).toBeCloseTo(hours / (365 * 24), 12)
  })

  test('days follow the zone that is asked for', async () => {
    expect(
      await ask({ from: '2026-03-08', to: '2026-03-08', timeZone: 'Europe/London' }),
    ).toMatchObject([{ start: '2026-03-08T00:00:00.000Z', end: '2026-03-09T00:00:00.000Z' }])
  })

  test('directions are kept apart, shares and extremes are of the period', async () => {
    const day = await ask({ plantId: 8, from: '2026-06-21', to: '2026-06-21', period: 'HOUR' })
    expect(day[10]).toMatchObject({
      energy: { gridImport: 0, batteryDischarge: 0 },
      selfConsumption: 0.75,
      selfSufficiency: 1,
      peakPvPower: 4000,
      peakLoadPower: 2500,
      minSoc: 60,
      maxSoc: 62,
      coverage: 1,
    })
    expect(day[10]?.energy.pv).toBeCloseTo(4, 9)
    expect(day[10]?.energy.gridExport).toBeCloseTo(1, 9)
    expect(day[10]?.energy.batteryCharge).toBeCloseTo(0.5, 9)
    // No sun, so there is nothing to use.
    expect(day[21]).toMatchObject({
      energy: { pv: 0, gridExport: 0, batteryCharge: 0 },
      selfConsumption: null,
      peakLoadPower: 3000,
      minSoc: 54,
      coverage: 1 / 6,
    })
    expect(day[21]?.energy.batteryDischarge).toBeCloseTo(0.1, 9)
    expect(day[21]?.selfSufficiency).toBeCloseTo(0.8, 9)
    // Half of ten minutes in each direction, as triangles.
    expect(day[22]?.energy.gridImport).toBeCloseTo(1 / 24, 9)
    expect(day[22]?.energy.gridExport).toBeCloseTo(1 / 24, 9)
    expect(day[22]).toMatchObject({
      energy: { load: null, batteryCharge: null, batteryDischarge: null },
      selfSufficiency: null,
      peakLoadPower: null,
      minSoc: null,
    })
    // Nothing was measured.
    expect(day[12]).toMatchObject({
      energy: { pv: null, gridImport: null, gridExport: null },
      selfConsumption: null,
      selfSufficiency: null,
      coverage: 0,
    })
  })

  test('a share is null where the grid was not measured, and only what is asked for is read', async () => {
    const { energy } = await api.ask(LoadOnly, { from: '2026-03-07', to: '2026-03-07' })
    expect(energy).toEqual([{ selfSufficiency: null, totals: { load: expect.closeTo(24, 9) } }])
  })

  test('a day that the calendar of a place left out has no period', async () => {
    expect(await ask({ plantId: 9, from: '2011-12-30', to: '2011-12-30' })).toEqual([])
    expect(await ask({ plantId: 9, from: '2011-12-29', to: '2011-12-31' })).toMatchObject([
      { day: '2011-12-29', end: '2011-12-30T10:00:00.000Z' },
      { day: '2011-12-31', start: '2011-12-30T10:00:00.000Z', coverage: 0 },
    ])
  })

  test('a plant of which nothing is known is refused', async () => {
    const [error] = await api.fail(Energy, { plantId: 77, from: '2026-06-21', to: '2026-06-21' })
    expect(error?.extensions).toEqual({ code: 'NOT_FOUND', path: ['plantId'] })
  })
})
