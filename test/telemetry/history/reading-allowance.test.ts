import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { graphql } from '../../generated/gql.ts'
import { openTestApi, type TestApi } from '../../support/api.ts'
import { rollUpEverything } from '../../support/rollups.ts'

const from = '2026-03-01T00:00:00.000Z'
/** The time after so many days. */
const day = (days: number) => new Date(Date.parse(from) + days * 86_400_000).toISOString()

const Chart = graphql(`
  query ChartOf($plantId: Int!, $to: DateTime!, $bucket: Duration!) {
    history(plantId: $plantId, from: "2026-03-01T00:00:00.000Z", to: $to, bucket: $bucket) {
      points {
        samples
      }
    }
  }
`)
const ChartOfMuch = graphql(`
  query ChartOfMuch($to: DateTime!) {
    history(plantId: 1, from: "2026-03-01T00:00:00.000Z", to: $to, bucket: "PT10M") {
      points {
        soc {
          avg
        }
        batteryPower {
          avg
        }
        batteryVoltage {
          avg
        }
        batteryCurrent {
          avg
        }
        pvPower {
          avg
        }
        pvVoltage {
          avg
        }
        pvCurrent {
          avg
        }
        loadPower {
          avg
        }
        gridPower {
          avg
        }
        generatorPower {
          avg
        }
        batteryTemperature {
          avg
        }
      }
    }
  }
`)
const TwoCharts = graphql(`
  query TwoCharts($to: DateTime!) {
    one: history(plantId: 1, from: "2026-03-01T00:00:00.000Z", to: $to, bucket: "PT10M") {
      bucket
      points {
        samples
      }
    }
    other: history(plantId: 1, from: "2026-03-01T00:00:00.000Z", to: $to, bucket: "PT10M") {
      bucket
      points {
        samples
      }
    }
  }
`)

let api: TestApi
/** For eight days plant 1 reports every five seconds, plant 2 every minute. */
beforeAll(async () => {
  api = await openTestApi('native')
  await sql`
    insert into solark.telemetry (plant_id, timestamp, pv_power)
    select plant, at, 1000
    from (values (1, interval '5 s'), (2, interval '1 minute')) as reporting (plant, every),
      generate_series(${from}::timestamptz, ${day(8)}::timestamptz - every, every) as at`.execute(
    api.database.kysely,
  )
  await rollUpEverything(api.database.kysely)
})
afterAll(() => api[Symbol.asyncDispose]())

test('a chart that would read a plant of many readings one by one is refused, with what would do', async () => {
  const asked = { plantId: 1, to: day(8), bucket: 'PT10M' }
  expect(await api.fail(Chart, asked)).toMatchObject([
    {
      message: expect.stringMatching(/at most 100000 .*this range has 138240.*PT15M/),
      extensions: { code: 'QUERY_TOO_COMPLEX', path: ['bucket'] },
    },
  ])
  for (const allowed of [{ bucket: 'PT15M' }, { to: day(5) }, { plantId: 2 }]) {
    const { history } = await api.ask(Chart, { ...asked, ...allowed })
    expect(history.points.every(({ samples }) => samples > 0)).toBe(true)
  }
})

test('a chart of many quantities may read fewer', async () => {
  expect(await api.fail(ChartOfMuch, { to: day(3) })).toMatchObject([
    {
      message: expect.stringMatching(/at most 50000 .*11 quantities.*has 5\d{4}.*fewer quantities/),
      extensions: { code: 'QUERY_TOO_COMPLEX' },
    },
  ])
  const { history } = await api.ask(ChartOfMuch, { to: day(2) })
  expect(history.points.every(({ pvPower }) => pvPower?.avg === 1000)).toBe(true)
})

test('the charts of one operation share what it may read', async () => {
  const [refusal, ...others] = await api.fail(TwoCharts, { to: day(5) })
  expect([refusal?.extensions.code, others]).toEqual(['QUERY_TOO_COMPLEX', []])
  const { one, other } = await api.ask(TwoCharts, { to: day(2) })
  expect(one).toEqual(other)
})
