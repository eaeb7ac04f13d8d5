import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { graphql } from '../../generated/gql.ts'
import { openTestApi, type TestApi } from '../../support/api.ts'
import { engines } from '../../support/database.ts'

const FleetDay = graphql(`
  query FleetDay($plantIds: [Int!], $from: DateTime!, $to: DateTime!, $day: Date!, $timeZone: TimeZone) {
    fleet(plantIds: $plantIds, timeZone: $timeZone) {
      plants {
        plantId
      }
      history(from: $from, to: $to, bucket: "PT1H") {
        bucket
        timeZone
        points {
          start
          pvPower
          loadPower
          coverage
          energy {
            pv
            load
            gridImport
            missing {
              plantId
              fields
            }
          }
          missing {
            plantId
            fields
          }
        }
      }
      energy(from: $day, to: $day) {
        day
        energy {
          pv
          load
          gridImport
          missing {
            plantId
            fields
          }
        }
        selfSufficiency
        coverage
      }
    }
  }
`)

const FleetCosts = graphql(`
  query FleetCosts($plantIds: [Int!], $day: Date!) {
    fleet(plantIds: $plantIds, timeZone: "UTC") {
      costs(from: $day, to: $day) {
        ...Figures
        missing {
          plantId
          fields
        }
      }
    }
    one: costs(plantId: 1, from: $day, to: $day) {
      ...Figures
    }
  }
  fragment Figures on CostFigures {
    day
    currency
    importCost
    exportRevenue
    dailyCharge
    total
    savings
    coverage
  }
`)

const FleetNow = graphql(`
  query FleetNow($plantIds: [Int!]) {
    fleet(plantIds: $plantIds) {
      plants {
        plantId
      }
      latest {
        timestamp
        pvPower
        gridPower
        missing {
          plantId
          fields
        }
      }
    }
  }
`)

const SetPlain = graphql(`
  mutation SetPlain($plantId: Int!, $currency: String!, $rate: Decimal!) {
    setTariff(
      plantId: $plantId
      validFrom: "2026-01-01"
      currency: $currency
      dailyCharge: "0.004"
      import: { rate: $rate }
      export: { rate: "0" }
    ) {
      currency
    }
  }
`)

describe.each(engines)('a fleet on %s', (engine) => {
  let api: TestApi
  const day = {
    from: '2026-06-21T10:00:00Z',
    to: '2026-06-21T12:00:00Z',
    day: '2026-06-21',
    timeZone: null,
  }
  const askDay = async (variables: object) =>
    (await api.ask(FleetDay, { ...day, ...variables })).fleet

  beforeAll(async () => {
    api = await openTestApi(engine)
    const { kysely } = api.services.database
    await sql`insert into solark.plant (id, time_zone) values (4, 'Asia/Tokyo')`.execute(kysely)
    // Plant 3 has no load, and stops after an hour; plant 900001 is simulated.
    for (const [plant, load, until] of [
      [1, 2000, '12:00'],
      [2, 500, '12:00'],
      [3, null, '11:00'],
      [4, 100, '12:00'],
      [900_001, 9000, '12:00'],
    ] as const) {
      await sql`insert into solark.telemetry (plant_id, timestamp, pv_power, load_power, grid_power)
        select ${plant}, time, 1000 * ${plant}::integer, ${load}::integer, 500
        from generate_series(timestamptz '2026-06-21 10:00Z', ${`2026-06-21 ${until}Z`}::timestamptz, interval '5 minutes') as time`.execute(
        kysely,
      )
    }
  })
  afterAll(() => api[Symbol.asyncDispose]())

  test('adds up its plants', async () => {
    const fleet = await askDay({ plantIds: [2, 1, 2] })
    expect(fleet.plants).toEqual([{ plantId: 1 }, { plantId: 2 }])
    expect(fleet.history).toMatchObject({ bucket: 'PT1H', timeZone: 'UTC' })
    for (const point of fleet.history.points) {
      expect(point).toMatchObject({ pvPower: 3000, loadPower: 2500, coverage: 1, missing: [] })
      expect(point.energy).toEqual({
        pv: expect.closeTo(3, 9),
        load: expect.closeTo(2.5, 9),
        gridImport: expect.closeTo(1, 9),
        missing: [],
      })
    }
    expect(fleet.energy).toEqual([
      {
        day: '2026-06-21',
        energy: {
          pv: expect.closeTo(6, 9),
          load: expect.closeTo(5, 9),
          gridImport: expect.closeTo(2, 9),
          missing: [],
        },
        selfSufficiency: expect.closeTo(0.6, 9),
        coverage: expect.closeTo(2 / 24, 9),
      },
    ])
  })

  test('has no sum where the part of a plant is missing, and says of which', async () => {
    const { history, energy } = await askDay({ plantIds: [1, 3] })
    expect(history.points).toMatchObject([
      {
        pvPower: 4000,
        loadPower: null,
        coverage: 1,
        energy: { load: null, missing: [{ plantId: 3, fields: ['load'] }] },
        missing: [{ plantId: 3, fields: ['loadPower'] }],
      },
      {
        loadPower: null,
        coverage: 0,
        energy: {
          pv: null,
          gridImport: null,
          missing: [{ plantId: 3, fields: ['pv', 'load', 'gridImport', 'gridExport'] }],
        },
      },
    ])
    expect(energy).toMatchObject([
      {
        energy: { pv: expect.closeTo(5, 9), load: null },
        selfSufficiency: null,
        coverage: expect.closeTo(1 / 24, 9),
      },
    ])
  })

  test('is all plants but simulated ones, if no plants are named', async () => {
    const { plants } = await askDay({ timeZone: 'Europe/Paris' })
    expect(plants.map(({ plantId }) => plantId)).toEqual([1, 2, 3, 4])
  })

  test('needs a zone if its plants have different ones, and knows its plants', async () => {
    const [differ] = await api.fail(FleetDay, { ...day, plantIds: [1, 4] })
    expect(differ).toMatchObject({
      message: 'Expected timeZone, because the plants have different ones: UTC, Asia/Tokyo',
      extensions: { code: 'BAD_USER_INPUT', path: ['timeZone'] },
    })
    const { energy } = await askDay({ plantIds: [1, 4], timeZone: 'Asia/Tokyo' })
    expect(energy).toMatchObject([{ day: '2026-06-21', energy: { pv: expect.closeTo(10, 9) } }])
    const [unknown] = await api.fail(FleetDay, { ...day, plantIds: [1, 77] })
    expect(unknown?.extensions).toEqual({ code: 'NOT_FOUND', path: ['plantIds', 1] })
    expect((await askDay({ plantIds: [] })).energy).toEqual([])
  })

  test('costs what its plants cost, rounded once, in one currency', async () => {
    // 1 kWh from the grid for each plant.
    await api.ask(SetPlain, { plantId: 1, currency: 'EUR', rate: '0.303' })
    await api.ask(SetPlain, { plantId: 2, currency: 'EUR', rate: '0.403' })
    await api.ask(SetPlain, { plantId: 4, currency: 'JPY', rate: '30' })
    const costs = async (plantIds: number[]) =>
      await api.ask(FleetCosts, { plantIds, day: '2026-06-21' })
    const { fleet, one } = await costs([1, 2])
    expect(one).toMatchObject([{ importCost: '0.3', dailyCharge: '0', total: '0.31' }])
    expect(fleet.costs).toEqual([
      {
        day: '2026-06-21',
        currency: 'EUR',
        importCost: '0.71',
        exportRevenue: '0',
        dailyCharge: '0.01',
        total: '0.71',
        savings: '0.91',
        coverage: expect.closeTo(2 / 24, 9),
        missing: [],
      },
    ])
    expect((await costs([1, 4])).fleet.costs).toMatchObject([
      { currency: null, importCost: null, total: null, savings: null, missing: [] },
    ])
    expect((await costs([1, 3])).fleet.costs).toMatchObject([
      {
        importCost: null,
        missing: [
          { plantId: 3, fields: ['importCost', 'exportRevenue', 'dailyCharge', 'savings'] },
        ],
      },
    ])
  })

  test('shows the newest readings together, without those that are old', async () => {
    const { kysely } = api.services.database
    await sql`insert into solark.telemetry (plant_id, timestamp, pv_power, grid_power) values
      (1, now() - interval '1 minute', 100, 1), (2, now(), 200, null)`.execute(kysely)
    const { fleet } = await api.ask(FleetNow, { plantIds: [1, 2] })
    expect(fleet.latest).toMatchObject({
      pvPower: 300,
      gridPower: null,
      missing: [{ plantId: 2, fields: ['gridPower'] }],
    })
    const age = Date.now() - Date.parse(fleet.latest.timestamp ?? '')
    expect(age).toBeGreaterThanOrEqual(59_000)
    const all = (await api.ask(FleetNow, { plantIds: [1, 2, 3] })).fleet
    expect(all.latest).toMatchObject({
      timestamp: '2026-06-21T11:00:00.000Z',
      pvPower: null,
      missing: [
        { plantId: 2, fields: ['gridPower'] },
        { plantId: 3, fields: ['pvPower', 'gridPower'] },
      ],
    })
  })
})
