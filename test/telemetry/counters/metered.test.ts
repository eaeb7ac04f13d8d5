import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CounterRun, CounterSpan } from '../../../src/telemetry/counters/counter.ts'
import { meteredBetween } from '../../../src/telemetry/counters/metered.ts'
import { RunKeeper } from '../../../src/telemetry/counters/run-keeper.ts'

const MINUTE = 60_000_000
const QUARTER = 15 * MINUTE
const DAY = 96 * QUARTER

type Look = [minute: number, ...kwh: number[]]

/** The runs that are stored of these looks, as the table has them. */
function runsOf(span: CounterSpan, looks: readonly Look[]): CounterRun[] {
  const keeper = new RunKeeper(span)
  const stored = new Map<number, CounterRun>()
  const store = (runs: readonly CounterRun[]) => {
    for (const run of runs) stored.set(run.since, run)
  }
  for (const [minute, ...kwh] of looks) store(keeper.take(minute * MINUTE, kwh))
  store(keeper.flush())
  return [...stored.values()].sort((one, other) => one.since - other.since)
}

const metered = (span: CounterSpan, looks: readonly Look[], ...minutes: number[]) =>
  meteredBetween(
    span,
    runsOf(span, looks),
    minutes.map((minute) => minute * MINUTE),
  )

test('a counter that rests is one run, however often it is read', () => {
  const looks = Array.from({ length: 20_000 }, (_, index): Look => [index, 118.2])
  expect(runsOf('TOTAL', looks)).toEqual([
    { since: 0, until: 19_999 * MINUTE, kwh: [118.2], begins: true },
  ])
})

test('a counter that counts is two runs a quarter of an hour at most, however often it is read', () => {
  const looks = Array.from({ length: 24 * 60 * 12 }, (_, i): Look => [i / 12, i / 1000])
  expect(runsOf('TOTAL', looks).length).toBeLessThanOrEqual(2 * 96)
})

test('an edge between two looks is interpolated, as the integral is', () => {
  const looks: Look[] = [
    [0, 10],
    [10, 10.4],
    [20, 10.8],
  ]
  expect(metered('TOTAL', looks, 0, 15, 20)).toEqual([0.6, 0.2])
})

test('an edge is not known if nobody looked for long, unless the counter rested', () => {
  const looks: Look[] = [
    [0, 10],
    [60, 12],
    [120, 12],
    [125, 12],
  ]
  expect(metered('TOTAL', looks, 0, 60, 90, 120)).toEqual([2, 0, 0])
  expect(metered('TOTAL', looks, 0, 30, 60)).toEqual([null, null])
  expect(metered('TOTAL', looks, -15, 0, 125, 140)).toEqual([null, 2, null])
})

test('a counter of today does not tell what it counted while nobody looked: it may have begun anew', () => {
  const looks: Look[] = [
    [0, 5],
    [21, 5],
    [30, 5.5],
  ]
  expect(metered('TODAY', looks, 0, 30)).toEqual([null])
  expect(metered('TODAY', looks, 21, 30)).toEqual([0.5])
  expect(metered('TOTAL', looks, 0, 30)).toEqual([0.5])
})

test('a counter of today begins anew at midnight, which may be some minutes off', () => {
  const midnight = 24 * 60
  const looks: Look[] = [
    [0, 0],
    ...Array.from({ length: 288 }, (_, index): Look => [5 * (index + 1), (index + 1) / 10]),
    [midnight + 5, 0.1],
    [midnight + 10, 0.2],
    [midnight + 15, 0.3],
  ]
  expect(metered('TODAY', looks, 0, midnight, midnight + 15)).toEqual([28.8, 0.3])
})

test('a total counter that falls was reset, and counts on', () => {
  const looks: Look[] = [
    [0, 21_874.3],
    [5, 21_874.4],
    [10, 0.1],
    [15, 0.3],
  ]
  expect(metered('TOTAL', looks, 0, 15)).toEqual([0.4])
})

test.each<[string, Look[]]>([
  ['a value that is wrong once', [[10, 0.3]]],
  ['a leap that is wrong once', [[10, 28_428]]],
  [
    'zeros while the inverter starts',
    [
      [6, 0],
      [8, 0],
      [10, 0],
    ],
  ],
])('%s changes nothing', (_, wrong) => {
  const looks: Look[] = [[0, 21_874.3], [5, 21_874.4], ...wrong, [14, 21_874.6], [15, 21_874.7]]
  expect(metered('TOTAL', looks, 0, 15)).toEqual([0.4])
})

test('another inverter is not counted as energy', () => {
  const looks: Look[] = [
    [0, 21_874.3],
    [5, 21_874.4],
    [10, 5001],
    [15, 5001.2],
    [20, 5001.4],
    [30, 9000],
    [35, 9000.1],
  ]
  expect(metered('TOTAL', looks, 0, 5, 15, 20, 35)).toEqual([0.1, null, 0.2, null])
})

test('of several inverters each is reset by itself', () => {
  const looks: Look[] = [
    [0, 100, 200],
    [5, 100.1, 200.1],
    [10, 0.1, 200.2],
    [15, 0.2, 200.3],
  ]
  expect(metered('TOTAL', looks, 0, 15)).toEqual([0.6])
})

test('after the clock was set back the counter is followed on', () => {
  const looks: Look[] = [
    [0, 10],
    [100, 12],
    [60, 12.1],
    [75, 12.3],
  ]
  expect(metered('TOTAL', looks, 60, 75)).toEqual([0.2])
})

/** An inverter at work, minute by minute: its looks, and what it has counted since the beginning. */
const historyOf = ({ start, mostResets }: { start: number; mostResets: number }) =>
  fc
    .record({
      /** Steps of 0.1 kWh in each minute. */
      steps: fc.array(fc.constantFrom(0, 0, 0, 1, 2), { minLength: 40, maxLength: 300 }),
      resets: fc.uniqueArray(fc.nat(299), { maxLength: mostResets }),
      every: fc.integer({ min: 1, max: 10 }),
      more: fc.nat(40),
      away: fc.record({ from: fc.nat(299), minutes: fc.nat(60) }),
    })
    .map(({ steps, resets, every, more, away }) => {
      const looks: Look[] = []
      const counts: number[] = []
      let [shown, counted] = [start + more, 0]
      for (const [minute, step] of steps.entries()) {
        const isAway = minute >= away.from && minute < away.from + away.minutes
        if (minute % every === 0 && !isAway) looks.push([minute, shown / 10])
        counts.push(counted / 10)
        if (resets.includes(minute)) shown = 0
        shown += step
        counted += step
      }
      return { looks, counts, resets }
    })

const history = historyOf({ start: 0, mostResets: 3 })

test('what is kept tells the same about quarters of an hour as every look', () => {
  fc.assert(
    fc.property(history, fc.constantFrom('TODAY', 'TOTAL'), ({ looks, counts }, span) => {
      const edges = Array.from({ length: Math.ceil(counts.length / 15) }, (_, at) => at * QUARTER)
      const kept = runsOf(span, looks)
      expect(meteredBetween(span, kept, edges)).toEqual(
        meteredBetween(span, everyLook(span, looks), edges),
      )
    }),
    { numRuns: 500 },
  )
})

test.each([
  ['TODAY', { start: 0, mostResets: 3 }],
  // That a total counter was reset is seen unless it has reached in a gap what it showed before: 60 kWh at most, here.
  ['TOTAL', { start: 1000, mostResets: 1 }],
] as const)(
  'of %s no more is told than was counted, and less by what a reset hides',
  (span, of) => {
    fc.assert(
      fc.property(historyOf(of), ({ looks, counts, resets }) => {
        const minutes = looks.map(([minute]) => minute).filter((minute) => minute % 15 === 0)
        const told = metered(span, looks, ...minutes)
        for (const [index, kwh] of told.entries()) {
          if (kwh === null) continue
          const [from = 0, to = 0] = minutes.slice(index, index + 2)
          const counted = (counts[to] ?? 0) - (counts[from] ?? 0)
          expect(kwh).toBeLessThanOrEqual(counted + 1e-6)
          // A reset hides what was counted between the looks beside it; until the second one it may not be believed.
          const hidden = resets.map((reset) => {
            const before = looks.findLast(([minute]) => minute <= reset)?.[0] ?? 0
            const after = looks.filter(([minute]) => minute > reset)[1]?.[0] ?? counts.length - 1
            return after <= from || before >= to ? 0 : (counts[after] ?? 0) - (counts[before] ?? 0)
          })
          const most = hidden.reduce((sum, kwh) => sum + kwh, 0)
          expect(kwh).toBeGreaterThanOrEqual(counted - most - 1e-6)
        }
      }),
      { numRuns: 500 },
    )
  },
)

/**
 * The slow, obvious reference: each look is a run of its own, and begins anew if it does not count on. Looks that the
 * keeper does not believe are left out by its own rule, said once more: a fall is believed once the next look confirms
 * it, of a total counter once it rises.
 */
function everyLook(span: CounterSpan, looks: readonly Look[]): CounterRun[] {
  const believed: CounterRun[] = []
  for (const [index, [minute, kwh = 0]] of looks.entries()) {
    const last = believed.at(-1)
    const rest = looks.slice(index + 1)
    const isFall = last !== undefined && kwh < (last.kwh[0] ?? 0)
    if (isFall) {
      const next = rest.findIndex(([, then = 0]) => span === 'TODAY' || then !== kwh)
      const [at, then] = rest[next] ?? []
      if (at === undefined || then === undefined || then < kwh) continue
      const isAfterGap = at - (rest[next - 1]?.[0] ?? minute) > 20
      if (then >= (last.kwh[0] ?? 0) && !isAfterGap) continue
    }
    const since = minute * MINUTE
    const isGap = last !== undefined && since - last.until > 20 * MINUTE
    const run = { since, until: since, kwh: [kwh], begins: last === undefined || isFall || isGap }
    // The same value without a gap is seen to have rested in between.
    if (last !== undefined && last.kwh[0] === kwh && !isGap) {
      believed.push({ ...run, since: last.until, begins: false }, { ...run, begins: false })
    } else believed.push(run)
  }
  return believed
}

test('a day is told to the hour in any order of edges that a calendar makes', () => {
  const looks = Array.from({ length: 2 * 288 }, (_, index): Look => [index * 5, index / 10])
  const runs = runsOf('TOTAL', looks)
  const hours = Array.from({ length: 25 }, (_, hour) => hour * 4 * QUARTER)
  const day = meteredBetween('TOTAL', runs, [0, DAY])
  const byHour = meteredBetween('TOTAL', runs, hours)
  expect(byHour.reduce<number>((sum, kwh) => sum + (kwh ?? Number.NaN), 0)).toBeCloseTo(28.8, 6)
  expect(day).toEqual([28.8])
})
