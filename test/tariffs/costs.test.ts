import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rollUp } from '../../src/telemetry/history/roll-up.ts'
import { graphql } from '../generated/gql.ts'
import type {
  CostsQueryVariables,
  SetTariffMutationVariables,
  Weekday,
} from '../generated/graphql.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { engines } from '../support/database.ts'

const Costs = graphql(`
  query Costs($plantId: Int!, $from: Date!, $to: Date!, $period: Period, $timeZone: TimeZone) {
    costs(plantId: $plantId, from: $from, to: $to, period: $period, timeZone: $timeZone) {
      day
      currency
      importCost
      exportRevenue
      dailyCharge
      total
      savings
      coverage
      savingsCoverage
    }
  }
`)

const SetTariff = graphql(`
  mutation SetTariff(
    $plantId: Int!
    $validFrom: Date!
    $currency: String!
    $dailyCharge: Decimal!
    $import: TariffRatesInput!
    $export: TariffRatesInput!
  ) {
    setTariff(
      plantId: $plantId
      validFrom: $validFrom
      currency: $currency
      dailyCharge: $dailyCharge
      import: $import
      export: $export
    ) {
      validFrom
    }
  }
`)

const Tariffs = graphql(`
  query Tariffs($plantId: Int!) {
    tariffs(plantId: $plantId) {
      validFrom
      currency
      dailyCharge
      import {
        rate
        windows {
          rate
          months
          weekdays
          from
          to
        }
        addPrices
      }
      export {
        rate
      }
    }
  }
`)

const DeleteTariff = graphql(`
  mutation DeleteTariff($validFrom: Date!) {
    deleteTariff(plantId: 8, validFrom: $validFrom)
  }
`)

const RecordPrices = graphql(`
  mutation RecordPrices($plantId: Int!, $currency: String!, $prices: [PriceInput!]!) {
    recordPrices(plantId: $plantId, currency: $currency, prices: $prices)
  }
`)

const Prices = graphql(`
  query Prices($plantId: Int!, $from: DateTime!, $to: DateTime!) {
    prices(plantId: $plantId, from: $from, to: $to) {
      from
      to
      currency
      import
      export
    }
  }
`)

const DeletePrices = graphql(`
  mutation DeletePrices($plantId: Int!, $from: DateTime!, $to: DateTime!) {
    deletePrices(plantId: $plantId, from: $from, to: $to)
  }
`)

const weekdays: Weekday[] = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY']

describe.each(engines)('costs on %s', (engine) => {
  let api: TestApi
  const set = (tariff: Partial<SetTariffMutationVariables> & { plantId: number }) =>
    api.ask(SetTariff, {
      validFrom: '2026-01-01',
      currency: 'EUR',
      dailyCharge: '0',
      import: { rate: '0.3' },
      export: { rate: '0' },
      ...tariff,
    })
  const refuse = async (tariff: Partial<SetTariffMutationVariables>) =>
    (
      await api.fail(SetTariff, {
        plantId: 8,
        validFrom: '2026-01-01',
        currency: 'EUR',
        dailyCharge: '0',
        import: { rate: '0.3' },
        export: { rate: '0' },
        ...tariff,
      })
    )[0]
  const ask = async (variables: CostsQueryVariables) => (await api.ask(Costs, variables)).costs

  beforeAll(async () => {
    api = await openTestApi(engine)
    const { kysely } = api.services.database
    await kysely
      .insertInto('solark.plant')
      .values([1, 2, 3, 4, 5, 6, 8].map((id) => ({ id, time_zone: 'America/Los_Angeles' })))
      .execute()
    // Around the clock from March 7 to 9 and from October 31 to November 2: 1 kW from the grid and 3 kW of load.
    for (const [from, to] of [
      ['2026-03-07 08:00Z', '2026-03-10 07:00Z'],
      ['2026-10-31 07:00Z', '2026-11-03 08:00Z'],
    ]) {
      await sql`insert into solark.telemetry (plant_id, timestamp, grid_power, load_power)
        select plant, time, 1000, 3000
        from generate_series(1, 6) as plant,
          generate_series(${from}::timestamptz, ${to}, interval '15 minutes') as time`.execute(
        kysely,
      )
    }
    await rollUp(kysely)
  })
  afterAll(() => api[Symbol.asyncDispose]())

  test('a window costs its rate by the clock of the plant, once more where an hour repeats', async () => {
    await set({
      plantId: 1,
      dailyCharge: '0.5',
      import: { rate: '0.1', windows: [{ rate: '1', from: '01:00', to: '03:00' }] },
    })
    const spring = await ask({ plantId: 1, from: '2026-03-07', to: '2026-03-09' })
    // 2 + 22 hours; 1 + 22 where the hour from 2 to 3 is skipped.
    expect(spring.map(({ day, importCost }) => [day, importCost])).toEqual([
      ['2026-03-07', '4.2'],
      ['2026-03-08', '3.2'],
      ['2026-03-09', '4.2'],
    ])
    const [autumn] = await ask({ plantId: 1, from: '2026-11-01', to: '2026-11-01' })
    // Three hours show 1 or 2; the load is three times as much.
    expect(autumn).toEqual({
      day: '2026-11-01',
      currency: 'EUR',
      importCost: '5.2',
      exportRevenue: '0',
      dailyCharge: '0.5',
      total: '5.7',
      savings: '10.4',
      coverage: 1,
      savingsCoverage: 1,
    })
    const hours = await ask({ plantId: 1, from: '2026-11-01', to: '2026-11-01', period: 'HOUR' })
    expect(hours.map(({ importCost }) => importCost).slice(0, 5)).toEqual([
      '0.1',
      '1',
      '1',
      '1',
      '0.1',
    ])
    // A day's charge is that of the hour in which it begins.
    expect(hours.map(({ dailyCharge }) => dailyCharge).slice(0, 3)).toEqual(['0.5', '0', '0'])
  })

  test('windows tell weekdays and months apart', async () => {
    await set({
      plantId: 2,
      import: {
        windows: [
          { rate: '1', months: [3], weekdays },
          { rate: '2', months: [3], weekdays: ['SATURDAY', 'SUNDAY'], to: '12:00' },
          { rate: '3', months: [3], weekdays: ['SATURDAY', 'SUNDAY'], from: '12:00' },
          { rate: '-1', months: [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12] },
        ],
      },
    })
    const costs = await ask({ plantId: 2, from: '2026-03-07', to: '2026-11-01', period: 'MONTH' })
    const saturday = 12 * 2 + 12 * 3
    const sunday = 11 * 2 + 12 * 3
    expect(costs.map(({ day, importCost }) => [day, importCost])).toEqual([
      ['2026-03-07', String(saturday + sunday + 24)],
      ...['04', '05', '06', '07', '08', '09'].map((month) => [`2026-${month}-01`, null]),
      ['2026-10-01', '-24'],
      ['2026-11-01', '-25'],
    ])
  })

  test('a tariff applies from its first day until the next, and nothing is known before the first', async () => {
    await set({ plantId: 3, validFrom: '2026-03-08', import: { rate: '1' }, dailyCharge: '2' })
    await set({ plantId: 3, validFrom: '2026-03-09', import: { rate: '1' }, dailyCharge: '2' })
    await set({ plantId: 3, validFrom: '2026-03-09', import: { rate: '10' }, dailyCharge: '7' })
    expect(await ask({ plantId: 3, from: '2026-03-07', to: '2026-03-09' })).toMatchObject([
      {
        currency: null,
        importCost: null,
        dailyCharge: null,
        total: null,
        savings: null,
        coverage: 0,
      },
      {
        currency: 'EUR',
        importCost: '23',
        dailyCharge: '2',
        total: '25',
        savings: '46',
        coverage: 1,
      },
      { currency: 'EUR', importCost: '240', dailyCharge: '7', total: '247', coverage: 1 },
    ])
    expect(
      await ask({ plantId: 3, from: '2026-03-07', to: '2026-03-10', period: 'YEAR' }),
    ).toMatchObject([
      { importCost: '263', dailyCharge: '16', coverage: expect.closeTo(47 / 95, 12) },
    ])
    // Nothing is due after the newest reading.
    const [last, next] = await ask({ plantId: 3, from: '2026-11-03', to: '2026-11-04' })
    expect(last).toMatchObject({ dailyCharge: '7', importCost: null, total: null })
    expect(next).toMatchObject({ dailyCharge: null, currency: 'EUR' })
    // Days are those of the plant, whatever periods they are counted in.
    expect(
      await ask({ plantId: 3, from: '2026-03-08', to: '2026-03-09', timeZone: 'Asia/Tokyo' }),
    ).toMatchObject([
      { importCost: '7', dailyCharge: '2' },
      { importCost: '96', dailyCharge: '7' },
    ])
  })

  test('two currencies do not add up', async () => {
    await set({ plantId: 4, validFrom: '2026-01-01', currency: 'HRK', import: { rate: '2.25' } })
    await set({ plantId: 4, validFrom: '2026-03-08', currency: 'JPY', import: { rate: '0.333' } })
    expect(await ask({ plantId: 4, from: '2026-03-07', to: '2026-03-08' })).toMatchObject([
      { currency: 'HRK', importCost: '54' },
      { currency: 'JPY', importCost: '8' },
    ])
    expect(
      await ask({ plantId: 4, from: '2026-03-07', to: '2026-03-08', period: 'MONTH' }),
    ).toEqual([
      {
        day: '2026-03-07',
        currency: null,
        importCost: null,
        exportRevenue: null,
        dailyCharge: null,
        total: null,
        savings: null,
        coverage: 0,
        savingsCoverage: 0,
      },
    ])
  })

  test('half a cent goes away from zero, and is no matter of how energies are added up', async () => {
    await set({ plantId: 5, import: { rate: '0.305' }, export: { rate: '0.1' } })
    const hour = { plantId: 5, from: '2026-03-07', to: '2026-03-07', period: 'HOUR' } as const
    expect((await ask(hour))[0]).toMatchObject({ importCost: '0.31', exportRevenue: '0' })
    await set({ plantId: 5, import: { rate: '-0.305' }, export: { rate: '0.1' } })
    expect((await ask(hour))[0]).toMatchObject({ importCost: '-0.31', savings: '-0.61' })
  })

  test('prices are added where they are known, in the currency of the tariff', async () => {
    const price = (hour: number, price: string, more: object = {}) => ({
      from: `2026-03-07T${hour}:00:00Z`,
      to: `2026-03-07T${hour}:30:00Z`,
      import: price,
      ...more,
    })
    await set({ plantId: 6, import: { rate: '0.2', addPrices: true }, export: { rate: '0' } })
    const record = (currency: string, prices: ReturnType<typeof price>[]) =>
      api.ask(RecordPrices, { plantId: 6, currency, prices }, 'ingest')
    expect(
      await record('EUR', [
        price(10, '0.1'),
        { ...price(11, '-0.6'), to: '2026-03-07T12:00:00Z' },
        price(12, '0.4', { export: '0.05' }),
      ]),
    ).toEqual({ recordPrices: 3 })
    await record('USD', [price(13, '0.1')])
    await record('EUR', [price(10, '0.3')])
    const hours = await ask({ plantId: 6, from: '2026-03-07', to: '2026-03-07', period: 'HOUR' })
    expect(
      hours.slice(1, 6).map(({ importCost, savings, coverage }) => [importCost, savings, coverage]),
    ).toEqual([
      [null, null, 0],
      ['0.25', '0.5', 0.5],
      ['-0.4', '-0.8', 1],
      ['0.3', '0.6', 0.5],
      [null, null, 0],
    ])
    const range = { plantId: 6, from: '2026-03-07T11:59:00Z', to: '2026-03-07T12:01:00Z' }
    expect((await api.ask(Prices, range)).prices).toEqual([
      {
        from: '2026-03-07T11:00:00.000Z',
        to: '2026-03-07T12:00:00.000Z',
        currency: 'EUR',
        import: '-0.6',
        export: null,
      },
      {
        from: '2026-03-07T12:00:00.000Z',
        to: '2026-03-07T12:30:00.000Z',
        currency: 'EUR',
        import: '0.4',
        export: '0.05',
      },
    ])

    const fail = async (prices: ReturnType<typeof price>[], currency = 'EUR') =>
      (await api.fail(RecordPrices, { plantId: 6, currency, prices }, 'ingest'))[0]
    expect(await fail([price(20, '1'), price(10, '1', { to: '2026-03-07T11:15:00Z' })])).toEqual(
      expect.objectContaining({
        message: expect.stringContaining('11:00:00.000000Z to 2026-03-07T12:00:00.000000Z'),
        extensions: { code: 'BAD_USER_INPUT', path: ['prices', 1] },
      }),
    )
    expect((await fail([price(20, '1'), price(20, '1')]))?.extensions.path).toEqual(['prices', 1])
    expect((await fail([price(20, '1', { to: '2026-03-07T20:20:00Z' })]))?.extensions.path).toEqual(
      ['prices', 0, 'to'],
    )
    expect((await fail([price(20, '1', { to: '2026-03-09T20:00:00Z' })]))?.extensions.path).toEqual(
      ['prices', 0, 'to'],
    )
    expect((await fail([price(20, '1')], 'EURO'))?.extensions.path).toEqual(['currency'])
    const tooMany = Array.from({ length: 10_001 }, () => price(20, '1'))
    expect((await fail(tooMany))?.extensions).toEqual({ code: 'BAD_USER_INPUT', path: ['prices'] })
    expect((await api.ask(Prices, { ...range, to: '2026-03-09T00:00:00Z' })).prices).toHaveLength(3)
    expect(
      (await api.ask(DeletePrices, { ...range, to: '2026-03-09T00:00:00Z' })).deletePrices,
    ).toBe(2)
  })

  test('what cannot be a tariff is refused, with the place of the fault', async () => {
    const path = async (tariff: Partial<SetTariffMutationVariables>) =>
      (await refuse(tariff))?.extensions.path
    expect(await refuse({ currency: 'eur' })).toMatchObject({
      message: expect.stringContaining('ISO 4217'),
      extensions: { code: 'BAD_USER_INPUT', path: ['currency'] },
    })
    expect((await refuse({ dailyCharge: '1,5' }))?.message).toContain('"1,5"')
    const windows = (...windows: object[]) => ({
      import: { rate: '1', windows: windows.map((window) => ({ rate: '1', ...window })) },
    })
    expect(await path(windows({ from: '16:10' }))).toEqual(['import', 'windows', 0, 'from'])
    expect(await path(windows({ to: '24:15' }))).toEqual(['import', 'windows', 0, 'to'])
    expect((await refuse(windows({ from: '22:00', to: '06:00' })))?.message).toContain(
      'a window over midnight is two',
    )
    expect(await path(windows({ months: [1, 13] }))).toEqual(['import', 'windows', 0, 'months', 1])
    expect(await path(windows({ weekdays: [] }))).toEqual(['import', 'windows', 0, 'weekdays'])
    expect(
      await refuse(
        windows({ from: '10:00', to: '12:00', weekdays }, { from: '11:45', months: [6] }),
      ),
    ).toMatchObject({
      message:
        'Expected one window at a time; got two on a MONDAY of month 6 at 11:45: this and window 0',
      extensions: { path: ['import', 'windows', 1] },
    })
    expect(await refuse({ export: { windows: [{ rate: '1', from: '00:15' }] } })).toMatchObject({
      message: expect.stringContaining('no rate on a MONDAY of month 1 at 00:00'),
      extensions: { path: ['export', 'rate'] },
    })
    const [unknown] = await api.fail(SetTariff, {
      plantId: 77,
      validFrom: '2026-01-01',
      currency: 'EUR',
      dailyCharge: '0',
      import: { rate: '0' },
      export: { rate: '0' },
    })
    expect(unknown?.extensions).toEqual({ code: 'NOT_FOUND', path: ['plantId'] })
    expect((await api.ask(Tariffs, { plantId: 8 })).tariffs).toEqual([])
  })

  test('more prices than an operation may have are refused, also where they are all the same', async () => {
    await set({
      plantId: 8,
      validFrom: '2025-01-01',
      import: { rate: '0', addPrices: true },
    })
    await sql`
      insert into solark.price (plant_id, start, until, currency, import_price)
      select 8, time, time + interval '15 minutes', 'EUR', 0.2
      from generate_series(timestamptz '2025-01-01Z', '2026-03-01Z', interval '15 minutes') as time`.execute(
      api.services.database.kysely,
    )
    const year = { plantId: 8, from: '2025-01-01', to: '2025-12-31', period: 'YEAR' } as const
    expect(await ask(year)).toMatchObject([{ currency: 'EUR', importCost: null }])
    expect((await api.fail(Costs, { ...year, to: '2026-02-28' }))[0]?.extensions).toEqual({
      code: 'QUERY_TOO_COMPLEX',
      path: ['from'],
    })
    await api.ask(DeleteTariff, { validFrom: '2025-01-01' })
  })

  test('a tariff that SQL wrote wrong is told of, instead of costs', async () => {
    await set({ plantId: 8 })
    const { kysely } = api.services.database
    await sql`update solark.tariff set import_rates = '{"rate": "a lot"}' where plant_id = 8`.execute(
      kysely,
    )
    const day = { plantId: 8, from: '2026-03-07', to: '2026-03-07' }
    expect((await api.fail(Costs, day))[0]).toMatchObject({
      message: expect.stringContaining('import.rate of plant 8'),
      extensions: { code: 'BAD_USER_INPUT', path: ['plantId'] },
    })
    await api.ask(DeleteTariff, { validFrom: '2026-01-01' })
  })

  test('a tariff is told as it was set, and can be taken back by the admin alone', async () => {
    const windows = [{ rate: '-0.0512', weekdays: ['SUNDAY' as const], from: '12:15', to: '24:00' }]
    await set({
      plantId: 8,
      dailyCharge: '0.50',
      import: { rate: '0.3', windows, addPrices: true },
    })
    const tariff = {
      validFrom: '2026-01-01',
      currency: 'EUR',
      dailyCharge: '0.5',
      import: {
        rate: '0.3',
        windows: [{ ...windows[0], months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }],
        addPrices: true,
      },
      export: { rate: '0' },
    }
    expect((await api.ask(Tariffs, { plantId: 8 }, 'read')).tariffs).toEqual([tariff])
    const day = { validFrom: '2026-01-01' }
    expect((await api.fail(DeleteTariff, day, 'ingest'))[0]?.extensions.code).toBe('FORBIDDEN')
    expect((await api.ask(DeleteTariff, day)).deleteTariff).toBe(true)
    expect((await api.ask(DeleteTariff, day)).deleteTariff).toBe(false)
  })
})
