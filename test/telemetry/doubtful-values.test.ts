import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type NumberField, numberFields, quantityOf } from '../../src/quantities.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { storedReadings } from '../support/readings.ts'

const RecordWithIssues = graphql(`
  mutation RecordWithIssues($readings: [TelemetryInput!]!) {
    recordTelemetry(readings: $readings) {
      inserted
      issueCount
      issues {
        index
        field
        expected
        got
        action
      }
    }
  }
`)

const KnowRatedPower = graphql(`
  mutation KnowRatedPower($id: Int!, $ratedPower: Float) {
    upsertPlant(plantId: $id, ratedPower: $ratedPower) {
      ratedPower
    }
  }
`)

const DoubtfulSeen = graphql(`
  query DoubtfulSeen {
    health {
      status
      checks {
        name
        detail
      }
    }
  }
`)

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('native')
})
afterAll(() => api[Symbol.asyncDispose]())
beforeEach(async () => {
  await api.database.kysely.deleteFrom('solark.telemetry').execute()
})

type Values = Partial<Record<NumberField, number>>

/** Returns what is stored of a reading, and what was said of its values. */
async function record(plantId: number, values: Values) {
  await api.database.kysely.deleteFrom('solark.telemetry').execute()
  const timestamp = '2026-11-27T10:00:00Z'
  const { recordTelemetry } = await api.ask(RecordWithIssues, {
    readings: [{ plantId, timestamp, ...values }],
  })
  const [stored] = await storedReadings(api.database)
  const { inserted, issues } = recordTelemetry
  expect(inserted).toBe(1)
  return { stored, issues: issues.map(({ field, got, action }) => [field, got, action]) }
}

test.each<[string, Values, Values, [string, string, string][]]>([
  [
    'no load below nothing',
    { loadPower: -8000, pvPower: 9000 },
    { pvPower: 9000 },
    [['loadPower', '-8000', 'OMITTED']],
  ],
  [
    'an inverter that needs power at night',
    { pvPower: -11 },
    { pvPower: 0 },
    [['pvPower', '-11', 'CORRECTED']],
  ],
  [
    'a battery that is a little more than full',
    { soc: 100.4 },
    { soc: 100 },
    [['soc', '100.4', 'CORRECTED']],
  ],
  ['a battery that is not', { soc: 105 }, {}, [['soc', '105', 'OMITTED']]],
  ['a register that is all ones', { loadPower: 65_535 }, {}, [['loadPower', '65535', 'OMITTED']]],
  [
    'a small export without its sign',
    { gridPower: 65_531 },
    {},
    [['gridPower', '65531', 'OMITTED']],
  ],
  ['ten times such a register', { gridPower: 655_310 }, {}, [['gridPower', '655310', 'OMITTED']]],
  [
    'a current of such a register',
    { batteryCurrent: 655.31 },
    {},
    [['batteryCurrent', '655.31', 'OMITTED']],
  ],
  ['6400 amperes', { batteryCurrent: 6400 }, {}, [['batteryCurrent', '6400', 'OMITTED']]],
  [
    'no battery management',
    { batteryTemperature: -100 },
    {},
    [['batteryTemperature', '-100', 'OMITTED']],
  ],
  ['more than any number', { pvPower: 1e300 }, {}, [['pvPower', '1e+300', 'OMITTED']]],
  [
    'a large plant',
    { pvPower: 64_000.5, gridPower: -70_000, batteryVoltage: 654.9 },
    { pvPower: 64_000.5, gridPower: -70_000, batteryVoltage: 654.9 },
    [],
  ],
])('%s', async (_, values, kept, issues) => {
  const { stored, issues: told } = await record(1, values)
  expect(stored).toMatchObject(kept)
  const omitted = numberFields.filter((field) => kept[field] === undefined)
  expect(omitted.filter((field) => stored?.[field] !== null)).toEqual([])
  expect(told).toEqual(issues)
})

test('what a plant can reach follows its rated power, as soon as that is known', async () => {
  expect(await record(2, { pvPower: 30_000 })).toMatchObject({ issues: [] })
  await api.ask(KnowRatedPower, { id: 2, ratedPower: 8000 })
  expect(
    await record(2, { pvPower: 16_000, batteryPower: -16_000, gridPower: -40_000 }),
  ).toMatchObject({ issues: [] })
  expect(
    await record(2, { pvPower: 16_001, batteryPower: -16_001, gridPower: 40_001 }),
  ).toMatchObject({
    stored: { pvPower: null, batteryPower: null, gridPower: null },
    issues: [
      ['batteryPower', '-16001', 'OMITTED'],
      ['pvPower', '16001', 'OMITTED'],
      ['gridPower', '40001', 'OMITTED'],
    ],
  })
  await api.ask(KnowRatedPower, { id: 2, ratedPower: 100_000 })
  expect(await record(2, { loadPower: 65_535 })).toMatchObject({ issues: [] })
})

test('values are kept as they are exactly where nothing is said of them', async () => {
  const values = fc.record(
    Object.fromEntries(
      numberFields.map((field) => [field, fc.double({ min: -1e8, max: 1e8, noNaN: true })]),
    ) as Record<NumberField, fc.Arbitrary<number>>,
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(values, async (sent) => {
      const { stored, issues } = await record(3, sent)
      const said = new Map(issues.map(([field, , action]) => [field, action]))
      for (const field of numberFields) {
        const value = sent[field] ?? null
        const kept = stored?.[field] ?? null
        if (!said.has(field)) expect(kept).toBe(value === 0 ? 0 : value)
        else if (said.get(field) === 'OMITTED') expect(kept).toBe(null)
        else
          expect(Math.abs((kept ?? 0) - (value ?? 0))).toBeLessThanOrEqual(
            quantityOf(field).unit === 'W' ? 100 : 1,
          )
      }
      expect(stored?.soc ?? 0).toBeLessThanOrEqual(100)
      expect(stored?.pvPower ?? 0).toBeGreaterThanOrEqual(0)
      expect(stored?.loadPower ?? 0).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 60 },
  )
})

test('the first thousand issues of a call are told, all are counted, and health has seen them', async () => {
  const readings = Array.from({ length: 1500 }, (_, minute) => ({
    plantId: 4,
    timestamp: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
    soc: 250,
    pvPower: 100,
  }))
  const { recordTelemetry } = await api.ask(RecordWithIssues, { readings })
  expect(recordTelemetry).toMatchObject({ inserted: 1500, issueCount: 1500 })
  expect(recordTelemetry.issues).toHaveLength(1000)
  const { health } = await api.ask(DoubtfulSeen)
  const detail = health.checks.find(({ name }) => name === 'values')?.detail
  expect(detail).toMatch(
    /soc: \d+ corrected, 15\d\d left out, such as 250 of plant 4 at 2026-01-02T/,
  )
})
