import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinTail, startOfTail } from '../../src/web/course.ts'
import {
  addDays,
  addMonths,
  clockTicks,
  dayAt,
  lastOfMonth,
  offsetAt,
} from '../../src/web/plant-clock.ts'

const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Pacific/Apia',
)
/** In seconds of 2008 to 2030: Samoa leaves out a day of 2011. */
const instants = fc.integer({ min: 1_200_000_000, max: 1_900_000_000 }).map((each) => each * 1000)
const days = instants.map((each) => new Date(each).toISOString().slice(0, 10))

const at = (instant: number, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone)

test('the day and the offset of the plant are those of Temporal', () => {
  fc.assert(
    fc.property(instants, zones, (instant, zone) => {
      const zoned = at(instant, zone)
      expect(dayAt(instant, zone)).toBe(zoned.toPlainDate().toString())
      expect(offsetAt(instant, zone)).toBe(zoned.offsetNanoseconds / 1e6)
    }),
  )
})

test('days and months are counted as Temporal counts them', () => {
  fc.assert(
    fc.property(days, fc.integer({ min: -400, max: 400 }), (day, count) => {
      const date = Temporal.PlainDate.from(day)
      expect(addDays(day, count)).toBe(date.add({ days: count }).toString())
      expect(addMonths(day, count)).toBe(date.add({ months: count }).toString())
      expect(lastOfMonth(day)).toBe(date.with({ day: date.daysInMonth }).toString())
    }),
  )
})

test('an axis has each instant at which the clock shows a multiple of its step, and no other', () => {
  const hours = fc.integer({ min: 1, max: 24 * 40 })
  const most = fc.integer({ min: 2, max: 20 })
  fc.assert(
    fc.property(instants, hours, zones, most, (from, length, zone, most) => {
      const to = from + length * 3_600_000
      const ticks = clockTicks(from, to, zone, most)
      const minutes = ticks.map((tick) => {
        const { hour, minute, second } = at(tick, zone)
        expect(second).toBe(0)
        return hour * 60 + minute
      })
      // The largest step that all of them are multiples of, within a day.
      const step = minutes.reduce(greatestDivisor, 24 * 60)
      if (step === 24 * 60) return
      const expected: number[] = []
      const whole = Math.ceil(from / 60_000) * 60_000
      for (let each = whole; each <= to; each += 60_000) {
        const { hour, minute } = at(each, zone)
        if ((hour * 60 + minute) % step === 0) expected.push(each)
      }
      expect(ticks).toEqual(expected)
    }),
    { numRuns: 100 },
  )
})

test('the tail begins with the bucket that was open, and takes the place of what was there', () => {
  const point = (minute: number, samples: number) => {
    const time = (minutes: number) => new Date(minutes * 60_000).toISOString()
    const none = { pvPower: null, loadPower: null, batteryPower: null, gridPower: null }
    const soc = samples === 0 ? null : { avg: samples }
    return {
      start: time(minute),
      end: time(minute + 5),
      ...none,
      generatorPower: null,
      soc,
      missing: [],
    }
  }
  const points = [point(0, 1), point(5, 2), point(10, 0), point(15, 0)]
  expect(startOfTail(points, 7 * 60_000)).toBe(5 * 60_000)
  expect(startOfTail(points, 60 * 60_000)).toBeUndefined()
  const joined = joinTail(points, [point(5, 3), point(10, 4)])
  expect(joined.map(({ soc }) => soc?.avg)).toEqual([1, 3, 4, undefined])
})

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other)
}
