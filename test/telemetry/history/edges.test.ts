import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ClockRange,
  countBuckets,
  edgesOf,
  smallestWidth,
  type WidthName,
  widthNames,
} from '../../../src/telemetry/history/bucket-edges.ts'
import { zoneClock } from '../../../src/telemetry/time-zone.ts'

const minutesOf: Partial<Record<WidthName, number>> = {
  PT1M: 1,
  PT2M: 2,
  PT3M: 3,
  PT5M: 5,
  PT10M: 10,
  PT15M: 15,
  PT20M: 20,
  PT30M: 30,
  PT1H: 60,
  PT2H: 120,
  PT3H: 180,
  PT4H: 240,
  PT6H: 360,
  PT8H: 480,
  PT12H: 720,
}

/** Instants around which clocks change, in all ways known to us. */
const changes: readonly (readonly [zone: string, around: string])[] = [
  ['America/Los_Angeles', '2026-03-08T10:00Z'],
  ['America/Los_Angeles', '2026-11-01T09:00Z'],
  ['Europe/London', '2026-03-29T01:00Z'],
  ['Europe/London', '2026-10-25T01:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  ['Asia/Kathmandu', '1985-12-31T18:30Z'],
  ['Asia/Kathmandu', '2026-06-01T00:00Z'],
  ['Africa/Johannesburg', '2026-12-31T22:00Z'],
  // Midnight is skipped, and repeated.
  ['America/Sao_Paulo', '2018-11-04T03:00Z'],
  ['America/Sao_Paulo', '2018-02-18T02:00Z'],
  ['Africa/Cairo', '2014-05-15T22:00Z'],
  ['Africa/Cairo', '2023-04-27T22:00Z'],
  ['Asia/Beirut', '2026-03-28T22:00Z'],
  ['Asia/Beirut', '2026-10-24T21:00Z'],
  // One minute after midnight.
  ['America/St_Johns', '2005-04-03T03:31Z'],
  ['America/St_Johns', '2005-10-30T02:31Z'],
  // Two hours at once, and a quarter of an hour.
  ['Antarctica/Troll', '2026-10-25T01:00Z'],
  ['Asia/Pyongyang', '2018-05-04T15:00Z'],
  ['America/Caracas', '2016-05-01T07:00Z'],
  // A day that was skipped, and one that was repeated.
  ['Pacific/Apia', '2011-12-30T10:00Z'],
  ['Pacific/Kwajalein', '1993-08-21T12:00Z'],
  ['Pacific/Kwajalein', '1969-09-30T13:00Z'],
  // Minutes and seconds.
  ['Africa/Monrovia', '1972-01-07T00:44:30Z'],
  ['Asia/Kolkata', '1945-10-14T17:30Z'],
  ['Asia/Singapore', '1905-06-01T00:00Z'],
  ['Europe/Amsterdam', '1937-07-01T00:00Z'],
  ['America/Toronto', '1919-03-31T04:30Z'],
]

const MINUTE = 60_000
const DAY = 86_400_000

/** What the clock of a zone shows, as milliseconds of a UTC clock that shows the same. */
function shownBy(zone: string, at: number): number {
  const { offsetNanoseconds } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone)
  return at + offsetNanoseconds / 1_000_000
}

/** Whether a bucket begins when the clock shows this. */
function isMark(shown: number, width: WidthName): boolean {
  const date = new Date(shown)
  const minutes = minutesOf[width]
  const sinceMidnight = shown - Math.floor(shown / DAY) * DAY
  if (minutes !== undefined) return sinceMidnight % (minutes * MINUTE) === 0
  if (sinceMidnight !== 0) return false
  if (width === 'P1W') return date.getUTCDay() === 1
  if (width === 'P1D') return true
  const starts = { P1M: /-01$/, P3M: /-(01|04|07|10)-01$/, P1Y: /-01-01$/ }[String(width)]
  return starts?.test(date.toISOString().slice(0, 10)) ?? false
}

/** Some days, in steps so small that no minute of the clock and no change of it is missed. */
interface Walk {
  zone: string
  from: number
  to: number
  step: number
  shown: readonly number[]
}

function walkAround([zone, around]: readonly [string, string]): Walk {
  const middle = milliseconds(around)
  const step = stepOf(zone, middle)
  const [before, after] = step === MINUTE ? [2.5 * DAY, 1.5 * DAY] : [DAY / 4, DAY / 6]
  const from = middle - before - ((middle - before) % step)
  const to = middle + after
  const shown: number[] = []
  for (let at = from; at < to; at += step) shown.push(shownBy(zone, at))
  return { zone, from, to, step, shown }
}

function stepOf(zone: string, middle: number): number {
  const distances = [MINUTE, middle]
  for (const at of [middle - DAY, middle + DAY]) distances.push(shownBy(zone, at) - at)
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b))
  return Math.abs(distances.reduce(divisor))
}

/** Finds the edges by stepping through time and reading the clock, by the rule word for word. */
function edgesMet({ from, step, shown }: Walk, width: WidthName): number[] {
  const onlyFirst = (minutesOf[width] ?? Infinity) > 60
  const edges: number[] = []
  let [before, furthest] = [shown[0] ?? 0, shown[0] ?? 0]
  shown.forEach((now, index) => {
    // What the clock has shown since the last step; if it went back, what it shows now.
    const seen = onlyFirst ? furthest : Math.min(before, now - step)
    for (let time = seen + step; time <= now; time += step) {
      if (!isMark(time, width)) continue
      edges.push(from + index * step)
      break
    }
    before = now
    furthest = Math.max(furthest, now)
  })
  return edges
}

function cut(zone: string, [from, to]: readonly [number, number]): ClockRange {
  return { from: from * 1000, to: to * 1000, clock: zoneClock(zone) }
}

const milliseconds = (text: string) => Temporal.Instant.from(text).epochMilliseconds

function edges(zone: string, from: string, to: string, width: WidthName): string[] {
  return edgesOf(cut(zone, [milliseconds(from), milliseconds(to)]), width).map((edge) =>
    Temporal.Instant.fromEpochMilliseconds(edge / 1000)
      .toZonedDateTimeISO(zone)
      .toString({ timeZoneName: 'never' }),
  )
}

describe('an edge is where the clock shows a multiple of the width', () => {
  test.for(changes)('in %s about %s', (change) => {
    const walk = walkAround(change)
    const met = new Map(widthNames.map((width) => [width, edgesMet(walk, width)]))
    // Not the first two days: the clock may be put back by one day.
    const within = fc.double({
      min: walk.from + (walk.to - walk.from) * 0.55,
      max: walk.to - 1,
      noNaN: true,
    })
    const cuts = fc.record({
      ends: fc.tuple(within, within),
      width: fc.constantFrom(...widthNames),
    })
    fc.assert(
      fc.property(cuts, ({ ends, width }) => {
        const [from = 0, to = 0] = ends.map(Math.floor).toSorted((a, b) => a - b)
        fc.pre(from < to)
        const inner = met.get(width)?.filter((edge) => edge > from && edge < to) ?? []
        const expected = [from, ...inner, to].map((edge) => edge * 1000)
        expect(edgesOf(cut(walk.zone, [from, to]), width)).toEqual(expected)
        expect(countBuckets(cut(walk.zone, [from, to]), width)).toBe(expected.length - 1)
      }),
      { numRuns: 200 },
    )
  })

  test('for days, weeks, months, quarters and years of whole decades in every zone', () => {
    const starts: Partial<Record<WidthName, (day: Temporal.PlainDate) => boolean>> = {
      P1D: () => true,
      P1W: (day) => day.dayOfWeek === 1,
      P1M: (day) => day.day === 1,
      P3M: (day) => day.day === 1 && day.month % 3 === 1,
      P1Y: (day) => day.dayOfYear === 1,
    }
    const zones = fc.constantFrom(...new Set(changes.map(([zone]) => zone)), 'UTC')
    const dates = fc.record({ year: fc.integer({ min: 1901, max: 2250 }), zone: zones })
    fc.assert(
      fc.property(dates, ({ year, zone }) => {
        const first = new Temporal.PlainDate(year, 1, 1)
        const midnights = Array.from({ length: 1000 }, (_, index) => {
          const day = first.add({ days: index })
          return { day, at: day.toZonedDateTime(zone).epochMilliseconds }
        })
        const range = [midnights[0]?.at ?? 0, midnights.at(-1)?.at ?? 0] as const
        for (const width of ['P1D', 'P1W', 'P1M', 'P3M', 'P1Y'] as const) {
          const inner = midnights.slice(1, -1).filter(({ day }) => starts[width]?.(day))
          const expected = new Set([range[0], ...inner.map(({ at }) => at), range[1]])
          const found = edgesOf(cut(zone, range), width)
          expect(found).toEqual([...expected].map((edge) => edge * 1000))
          expect(countBuckets(cut(zone, range), width)).toBe(found.length - 1)
        }
      }),
      { numRuns: 30 },
    )
  })
})

test('the hours of a day when the clock is put back and forward', () => {
  const zone = 'America/Los_Angeles'
  expect(edges(zone, '2026-11-01T07:00Z', '2026-11-01T11:00Z', 'PT1H')).toEqual([
    '2026-11-01T00:00:00-07:00',
    '2026-11-01T01:00:00-07:00',
    '2026-11-01T01:00:00-08:00',
    '2026-11-01T02:00:00-08:00',
    '2026-11-01T03:00:00-08:00',
  ])
  expect(edges(zone, '2026-11-01T07:00Z', '2026-11-01T12:00Z', 'PT2H')).toEqual([
    '2026-11-01T00:00:00-07:00',
    '2026-11-01T02:00:00-08:00',
    '2026-11-01T04:00:00-08:00',
  ])
  expect(edges(zone, '2026-03-08T08:00Z', '2026-03-08T11:00Z', 'PT1H')).toEqual([
    '2026-03-08T00:00:00-08:00',
    '2026-03-08T01:00:00-08:00',
    '2026-03-08T03:00:00-07:00',
    '2026-03-08T04:00:00-07:00',
  ])
})

test('a day without midnight begins at the jump, and a day that was skipped is none', () => {
  expect(edges('America/Sao_Paulo', '2018-11-03T12:00Z', '2018-11-06T02:00Z', 'P1D')).toEqual([
    '2018-11-03T09:00:00-03:00',
    '2018-11-04T01:00:00-02:00',
    '2018-11-05T00:00:00-02:00',
    '2018-11-06T00:00:00-02:00',
  ])
  expect(edges('Pacific/Apia', '2011-12-29T10:00Z', '2012-01-01T10:00Z', 'P1D')).toEqual([
    '2011-12-29T00:00:00-10:00',
    '2011-12-31T00:00:00+14:00',
    '2012-01-01T00:00:00+14:00',
    '2012-01-02T00:00:00+14:00',
  ])
})

test('nothing lies between from and from', () => {
  const now = milliseconds('2026-06-21T00:00Z')
  for (const width of widthNames) {
    expect(edgesOf(cut('Europe/London', [now, now]), width)).toEqual([now * 1000])
    expect(countBuckets(cut('Europe/London', [now, now]), width)).toBe(0)
  }
})

test('the smallest width is the first in the list that keeps within the points', () => {
  const ranges = fc.record({
    zone: fc.constantFrom(...changes.map(([zone]) => zone)),
    from: fc.integer({
      min: milliseconds('1900-01-01T00:00Z'),
      max: milliseconds('2200-01-01T00:00Z'),
    }),
    days: fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.integer({ min: 0, max: 20_000 })),
    most: fc.integer({ min: 1, max: 2000 }),
  })
  fc.assert(
    fc.property(ranges, ({ zone, from, days, most }) => {
      const range = cut(zone, [from, from + Math.round(days * DAY)])
      const chosen = smallestWidth(range, most)
      const counts = widthNames.map((width) => countBuckets(range, width))
      expect(chosen).toBe(widthNames[counts.findIndex((count) => count <= most)])
      if (chosen !== undefined) expect(edgesOf(range, chosen).length - 1).toBeLessThanOrEqual(most)
    }),
  )
})
