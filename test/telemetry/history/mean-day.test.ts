import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { recordReadings } from '../../../src/telemetry/record.ts'
import { graphql } from '../../generated/gql.ts'
import { openTestApi, type TestApi } from '../../support/api.ts'
import { reading } from '../../support/readings.ts'
import { MINUTE, referenceSummaries } from './reference.ts'

const MeanDay = graphql(`
  query MeanDay($from: Date!, $to: Date!) {
    excess(plantId: 7, from: $from, to: $to, period: DAY) {
      day
      excess
      coverage
    }
    whole: excess(plantId: 7, from: $from, to: $to, period: YEAR) {
      excess
    }
    meanDay(plantId: 7, from: $from, to: $to) {
      hour
      pvPower
      soc
      excess
      coverage
    }
    byHour: meanDay(plantId: 7, from: $from, to: $to) {
      pvPower
    }
  }
`)

const zone = 'America/Los_Angeles'
const QUARTER = 15 * MINUTE

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('native')
  await sql`insert into solark.plant (id, time_zone) values (7, ${zone})`.execute(
    api.services.database.kysely,
  )
})
afterAll(() => api[Symbol.asyncDispose]())

/** About so many watts as expected; as exact as a sum of doubles can be. */
const near = (value: number | null) => (value === null ? null : expect.closeTo(value, 6))
const mean = (sum: number, time: number) => (time > 0 ? sum / (time / 1e6) : null)

test.each(['2026-03-07', '2026-10-31'])(
  'excess and the mean day around %s are those of a slow reference',
  async (day) => {
    const { kysely } = api.services.database
    const first = Temporal.PlainDate.from(day)
    const midnights = [0, 1, 2, 3].map((days) =>
      Number(first.add({ days }).toZonedDateTime(zone).epochNanoseconds / 1000n),
    )
    const [start = 0, end = 0] = [midnights[0], midnights.at(-1)]
    const power = (min: number) => fc.option(fc.integer({ min, max: 5000 }), { freq: 20 })
    const minutes = fc.constantFrom(1, 5, 7, 15, 19, 21, 300)
    const soc = fc.option(fc.integer({ min: 0, max: 100 }))
    const noPower = fc.constant(null)
    const rows = fc.array(
      fc.oneof(
        {
          weight: 9,
          arbitrary: fc.record({
            minutes,
            pvPower: power(0),
            loadPower: power(0),
            batteryPower: power(-5000),
            soc,
          }),
        },
        {
          weight: 1,
          arbitrary: fc.record({
            minutes,
            pvPower: noPower,
            loadPower: noPower,
            batteryPower: noPower,
            soc,
          }),
        },
      ),
      { maxLength: 300, size: 'max' },
    )
    await fc.assert(
      fc.asyncProperty(rows, fc.boolean(), async (rows, rolledUp) => {
        await sql`truncate solark.telemetry`.execute(kysely)
        let time = start - 60 * MINUTE
        const readings = rows.map(({ minutes, ...values }) => {
          time += minutes * MINUTE
          return reading(7, time, values)
        })
        await recordReadings(kysely, readings, {
          onDuplicate: 'KEEP',
          onInvalid: 'REFUSE',
          now: end + 100 * 1440 * MINUTE,
        })
        if (rolledUp) await rollUp(kysely)

        const edges = Array.from(
          { length: (end - start) / QUARTER + 1 },
          (_, index) => start + index * QUARTER,
        )
        const days = midnights.slice(1).map((end, index) => ({
          length: end - (midnights[index] ?? end),
          excess: 0,
          known: 0,
        }))
        const hours = Array.from({ length: 24 }, () => ({
          length: 0,
          covered: 0,
          pv: 0,
          pvTime: 0,
          soc: 0,
          socTime: 0,
          excess: 0,
          known: 0,
        }))
        const summaries = referenceSummaries(readings, edges, [
          'pvPower',
          'loadPower',
          'batteryPower',
          'soc',
        ])
        for (const [index, { covered, of }] of summaries.entries()) {
          const at = edges[index] ?? 0
          const { hour } = Temporal.Instant.fromEpochMilliseconds(at / 1000).toZonedDateTimeISO(
            zone,
          )
          const tally = hours[hour]
          const whole = days[midnights.findLastIndex((midnight) => midnight <= at)]
          const [pv, load, battery, soc] = [...of.values()]
          if (!tally || !whole || !pv || !load || !battery || !soc) throw new Error('Expected all')
          tally.length += QUARTER
          tally.covered += covered
          tally.pv += pv.integral
          tally.pvTime += pv.covered
          tally.soc += soc.integral
          tally.socTime += soc.covered
          if (covered === 0) continue
          if (![pv, load, battery].every((each) => each.covered === covered)) continue
          const charge = battery.positive - battery.integral
          for (const sums of [tally, whole]) {
            sums.excess += Math.max(0, pv.integral - load.integral - charge)
            sums.known += covered
          }
        }

        const range = { from: day, to: first.add({ days: 2 }).toString() }
        const answer = await api.ask(MeanDay, range)
        expect(answer.excess).toEqual(
          days.map(({ excess, known, length }, index) => ({
            day: first.add({ days: index }).toString(),
            excess: near(known > 0 ? excess / 3_600_000 : null),
            coverage: expect.closeTo(known / length, 12),
          })),
        )
        const known = days.some(({ known }) => known > 0)
        const sum = days.reduce((total, { excess }) => total + excess, 0) / 3_600_000
        expect(answer.whole).toEqual([{ excess: near(known ? sum : null) }])
        expect(answer.meanDay).toEqual(
          hours.map((tally, hour) => ({
            hour,
            pvPower: near(mean(tally.pv, tally.pvTime)),
            soc: near(mean(tally.soc, tally.socTime)),
            excess: near(mean(tally.excess, tally.known)),
            coverage: expect.closeTo(tally.covered / tally.length, 12),
          })),
        )
        expect(answer.byHour).toEqual(
          answer.meanDay.map(({ pvPower }) => ({ pvPower: near(pvPower) })),
        )
      }),
      { numRuns: 20 },
    )
  },
)

test('more days than can be computed quarter by quarter are refused', async () => {
  const [error] = await api.fail(MeanDay, { from: '2025-01-01', to: '2026-01-02' })
  expect(error).toMatchObject({
    message: 'Expected at most 366 days; got 367: ask for less time',
    extensions: { code: 'TOO_MANY_POINTS', path: ['from'] },
  })
})
