import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Instant } from '../../src/database/instant.ts'
import { weekdays } from '../../src/tariffs/rates.ts'
import { rollUp } from '../../src/telemetry/history/roll-up.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { graphql } from '../generated/gql.ts'
import type { TariffRatesInput } from '../generated/graphql.ts'
import { openTestApi, type TestApi } from '../support/api.ts'
import { reading } from '../support/readings.ts'
import { type Fraction, toCents } from './fraction.ts'
import {
  type ReferencePrice,
  type ReferenceRates,
  type ReferenceTariff,
  referenceCosts,
} from './reference-costs.ts'

const ExactCosts = graphql(`
  query ExactCosts($from: Date!, $to: Date!) {
    days: costs(plantId: 7, from: $from, to: $to, period: DAY) {
      ...Amounts
    }
    year: costs(plantId: 7, from: $from, to: $to, period: YEAR) {
      ...Amounts
    }
    energyOfDays: energy(plantId: 7, from: $from, to: $to, period: DAY) {
      energy {
        gridImport
        gridExport
      }
    }
  }
  fragment Amounts on CostPeriod {
    start
    end
    importCost
    exportRevenue
    dailyCharge
    savings
    coverage
    savingsCoverage
  }
`)

const SetExactTariff = graphql(`
  mutation SetExactTariff(
    $validFrom: Date!
    $dailyCharge: Decimal!
    $import: TariffRatesInput!
    $export: TariffRatesInput!
  ) {
    setTariff(
      plantId: 7
      validFrom: $validFrom
      currency: "EUR"
      dailyCharge: $dailyCharge
      import: $import
      export: $export
    ) {
      currency
    }
  }
`)

const RecordExactPrices = graphql(`
  mutation RecordExactPrices($prices: [PriceInput!]!) {
    recordPrices(plantId: 7, currency: "EUR", prices: $prices)
  }
`)

const QUARTER = 15 * 60_000_000
const SECOND = 1_000_000

/** A day before the clock changes, if it does; in Havana at midnight, on Lord Howe by half an hour. */
const places = [
  ['Africa/Johannesburg', '2026-03-28'],
  ['America/Los_Angeles', '2026-03-07'],
  ['America/Los_Angeles', '2026-10-31'],
  ['America/Havana', '2026-03-07'],
  ['America/Havana', '2026-10-31'],
  ['Asia/Kathmandu', '2026-06-29'],
  ['Australia/Lord_Howe', '2026-04-04'],
  ['Australia/Lord_Howe', '2026-10-03'],
] as const

const rate = fc.integer({ min: -2000, max: 9999 })

const rates: fc.Arbitrary<ReferenceRates> = fc
  .record({
    rate,
    windows: fc.array(
      fc.record({
        rate,
        months: fc.subarray([3, 4, 6, 7, 10, 11], { minLength: 1 }),
        weekdays: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
        from: fc.integer({ min: 0, max: 95 }),
        length: fc.integer({ min: 1, max: 40 }),
      }),
      { maxLength: 6 },
    ),
    addPrices: fc.boolean(),
  })
  .map(({ windows, ...rest }) => {
    const kept: ReferenceRates['windows'] = []
    for (const { length, ...window } of windows) {
      const to = Math.min(96, window.from + length)
      const overlaps = kept.some(
        (other) =>
          other.from < to &&
          window.from < other.to &&
          other.months.some((month) => window.months.includes(month)) &&
          other.weekdays.some((day) => window.weekdays.includes(day)),
      )
      if (!overlaps) kept.push({ ...window, to })
    }
    return { ...rest, windows: kept }
  })

function tariffsFrom(day: Temporal.PlainDate): fc.Arbitrary<ReferenceTariff[]> {
  const offsets = fc.uniqueArray(fc.integer({ min: -2, max: 3 }), { minLength: 1, maxLength: 3 })
  return offsets.chain((offsets) =>
    fc.tuple(
      ...offsets
        .sort((a, b) => a - b)
        .map((days) =>
          fc.record({
            validFrom: fc.constant(day.add({ days }).toString()),
            dailyCharge: rate,
            import: rates,
            export: rates,
          }),
        ),
    ),
  )
}

function pricesFrom(start: Instant): fc.Arbitrary<ReferencePrice[]> {
  const price = fc.record({
    gap: fc.constantFrom(0, 0, 0, 1, 5),
    quarters: fc.constantFrom(1, 1, 2, 4, 4, 4, 11),
    import: rate,
    export: fc.option(rate, { freq: 8 }),
  })
  return fc.array(price, { maxLength: 100, size: 'max' }).map((prices) => {
    let at = start - 8 * QUARTER
    return prices.map(({ gap, quarters, ...price }) => {
      const from = at + gap * QUARTER
      at = from + quarters * QUARTER
      return { from, to: at, ...price }
    })
  })
}

function readingsFrom(start: Instant): fc.Arbitrary<Reading[]> {
  const row = fc.record({
    seconds: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 30, max: 1200 }) },
      { weight: 4, arbitrary: fc.constantFrom(300, 900) },
      { weight: 1, arbitrary: fc.constantFrom(1201, 4000) },
    ),
    gridPower: fc.option(fc.integer({ min: -5000, max: 5000 }), { freq: 20 }),
    loadPower: fc.option(fc.integer({ min: 0, max: 6000 }), { freq: 20 }),
  })
  return fc.array(row, { minLength: 1, maxLength: 300, size: 'max' }).map((rows) => {
    let time = start - 2 * 3600 * SECOND
    return rows.map(({ seconds, ...values }) => {
      time += seconds * SECOND
      return reading(7, time, values)
    })
  })
}

const decimal = (hundredths: number) => (hundredths / 10_000).toFixed(4)
const timeOf = (quarter: number) =>
  `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`

function inputOf({ rate, windows, addPrices }: ReferenceRates): TariffRatesInput {
  return {
    rate: decimal(rate),
    addPrices,
    windows: windows.map((window) => ({
      rate: decimal(window.rate),
      months: window.months,
      weekdays: window.weekdays.flatMap((day) => weekdays[day - 1] ?? []),
      from: timeOf(window.from),
      to: timeOf(window.to),
    })),
  }
}

const centsOf = (amount: Fraction | null) => (amount === null ? null : toCents(amount))

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('native')
})
afterAll(() => api[Symbol.asyncDispose]())

describe.each(places)('in %s around %s', (zone, day) => {
  const first = Temporal.PlainDate.from(day)
  const last = first.add({ days: 2 })
  const start = Number(first.toZonedDateTime(zone).epochNanoseconds / 1000n)

  test('costs are those of a slow reference, to the last cent', async () => {
    const { kysely } = api.services.database
    await fc.assert(
      fc.asyncProperty(
        readingsFrom(start),
        tariffsFrom(first),
        pricesFrom(start),
        fc.boolean(),
        async (readings, tariffs, prices, rolledUp) => {
          await sql`truncate solark.telemetry, solark.tariff, solark.price`.execute(kysely)
          await sql`insert into solark.plant (id, time_zone) values (7, ${zone})
            on conflict (id) do update set time_zone = excluded.time_zone`.execute(kysely)
          await recordReadings(kysely, readings, {
            onDuplicate: 'KEEP',
            onInvalid: 'REFUSE',
            now: start + 100 * 86_400 * SECOND,
          })
          if (rolledUp) await rollUp(kysely)
          for (const tariff of tariffs) {
            await api.ask(SetExactTariff, {
              validFrom: tariff.validFrom,
              dailyCharge: decimal(tariff.dailyCharge),
              import: inputOf(tariff.import),
              export: inputOf(tariff.export),
            })
          }
          await api.ask(RecordExactPrices, {
            prices: prices.map((price) => ({
              from: new Date(price.from / 1000).toISOString(),
              to: new Date(price.to / 1000).toISOString(),
              import: decimal(price.import),
              export: price.export === null ? null : decimal(price.export),
            })),
          })
          const range = { from: first.toString(), to: last.toString() }
          const { days, year } = await api.ask(ExactCosts, range)
          const expected = (from: Temporal.PlainDate, to: Temporal.PlainDate, length: number) => {
            const costs = referenceCosts({ readings, tariffs, prices, zone, from, to })
            return {
              importCost: centsOf(costs.importCost),
              exportRevenue: centsOf(costs.exportRevenue),
              dailyCharge: centsOf(costs.dailyCharge),
              savings: centsOf(costs.savings),
              coverage: expect.closeTo(costs.known / length, 12),
              savingsCoverage: expect.closeTo(costs.compared / length, 12),
            }
          }
          const lengthOf = ({ start, end }: { start: string; end: string }) =>
            (Date.parse(end) - Date.parse(start)) * 1000
          expect(days).toHaveLength(3)
          for (const [index, period] of days.entries()) {
            const date = first.add({ days: index })
            expect(period).toMatchObject(expected(date, date, lengthOf(period)))
          }
          const [whole] = year
          if (whole === undefined) throw new Error('Expected a year')
          expect(whole).toMatchObject(expected(first, last, lengthOf(whole)))
        },
      ),
      { numRuns: 8 },
    )
  })
})

test('a tariff of 1 for each way tells the kilowatt-hours of energy', async () => {
  const { kysely } = api.services.database
  await fc.assert(
    fc.asyncProperty(readingsFrom(Date.UTC(2026, 5, 29) * 1000), async (readings) => {
      await sql`truncate solark.telemetry, solark.tariff, solark.price`.execute(kysely)
      await sql`update solark.plant set time_zone = 'Europe/London'`.execute(kysely)
      await recordReadings(kysely, readings, {
        onDuplicate: 'KEEP',
        onInvalid: 'REFUSE',
        now: Date.UTC(2026, 7, 1) * 1000,
      })
      const one = { rate: '1', windows: [{ rate: '1', from: '07:15', to: '16:45' }] }
      await api.ask(SetExactTariff, {
        validFrom: '2026-01-01',
        dailyCharge: '0',
        import: one,
        export: one,
      })
      const range = { from: '2026-06-28', to: '2026-07-02' }
      const { days, energyOfDays } = await api.ask(ExactCosts, range)
      for (const [index, { importCost, exportRevenue }] of days.entries()) {
        const { gridImport = null, gridExport = null } = energyOfDays[index]?.energy ?? {}
        for (const [cost, energy] of [
          [importCost, gridImport],
          [exportRevenue, gridExport],
        ] as const) {
          expect(cost === null).toBe(energy === null)
          expect(Math.abs(Number(cost) - (energy ?? 0))).toBeLessThan(0.005 + 1e-9)
        }
      }
    }),
    { numRuns: 20 },
  )
})
