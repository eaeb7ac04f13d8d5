import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WallClock } from '../../../src/sources/csv/wall-clock.ts'
import { zoneClock } from '../../../src/telemetry/time-zone.ts'

const MINUTE = 60_000_000
const zones = [
  'America/New_York',
  'Europe/London',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Kathmandu',
  'America/Havana',
  'Africa/Johannesburg',
]

/** What the clock of the zone shows, by Temporal, one time after the other. */
function wallOf(instant: number, zone: string): number {
  const shown = new Temporal.ZonedDateTime(BigInt(instant) * 1000n, zone).toPlainDateTime()
  return Number(shown.toZonedDateTime('UTC').epochNanoseconds / 1000n)
}

const someWeeks = fc.record({
  zone: fc.constantFrom(...zones),
  /** Near a change of the clock as often as not. */
  start: fc.oneof(
    fc.integer({ min: Date.UTC(2015, 0) / 60_000, max: Date.UTC(2026, 0) / 60_000 }),
    fc
      .record({ zone: fc.constantFrom(...zones), day: fc.integer({ min: 0, max: 3650 }) })
      .map(({ zone, day }) => {
        const change = Temporal.Instant.from('2015-01-01T00:00Z')
          .add({ hours: 24 * day })
          .toZonedDateTimeISO(zone)
          .getTimeZoneTransition('next')
        return (change?.epochMilliseconds ?? Date.UTC(2020, 0)) / 60_000 - 180
      }),
  ),
  everyMinutes: fc.constantFrom(1, 5, 15, 30),
})

test('the times of a file in order give back every instant, through both showings of an hour', () => {
  fc.assert(
    fc.property(someWeeks, fc.boolean(), ({ zone, start, everyMinutes }, newestFirst) => {
      const instants = Array.from(
        { length: 400 },
        (_, index) => (start + index * everyMinutes) * MINUTE,
      )
      if (newestFirst) instants.reverse()
      // No order tells which showing the first row of a file is.
      fc.pre(zoneClock(zone).instantsOf(wallOf(instants[0] ?? 0, zone)).kind === 'once')
      const clock = new WallClock(zone)
      expect(instants.map((instant) => clock.instantOf(wallOf(instant, zone), 1))).toEqual(instants)
      expect(clock.skipped).toBe(0)
    }),
    { numRuns: 150 },
  )
})

test('hourly times go on through an hour that the clock shows twice', () => {
  const start = Date.UTC(2025, 10, 2, 3) * 1000
  const instants = Array.from({ length: 6 }, (_, index) => start + index * 60 * MINUTE)
  const clock = new WallClock('America/New_York')
  expect(
    instants.map((instant) => clock.instantOf(wallOf(instant, 'America/New_York'), 1)),
  ).toEqual(instants)
  expect(clock.repeated).toBe(2)
})

test('times in any order are those of Temporal, earlier where shown twice and moved on where skipped', () => {
  fc.assert(
    fc.property(
      someWeeks,
      fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 50 }),
      ({ zone, start }, minutes) => {
        for (const minute of minutes) {
          const wall = (start + minute) * MINUTE
          const shown = new Temporal.Instant(BigInt(wall) * 1000n)
            .toZonedDateTimeISO('UTC')
            .toPlainDateTime()
          // A clock of its own for each: no row before it tells which showing is meant.
          const clock = new WallClock(zone)
          expect(clock.instantOf(wall, 1)).toBe(
            Number(shown.toZonedDateTime(zone).epochNanoseconds / 1000n),
          )
        }
      },
    ),
    { numRuns: 150 },
  )
})

test('counts the times in an hour that is skipped or shown twice', () => {
  const clock = new WallClock('Europe/London')
  for (const minute of [0, 59, 60, 90, 119, 120]) {
    clock.instantOf(Date.UTC(2025, 2, 30, 0, minute) * 1000, 1)
    clock.instantOf(Date.UTC(2025, 9, 26, 0, minute) * 1000, 2)
  }
  expect(clock.skipped).toBe(3)
  expect(clock.repeated).toBe(3)
})

test('each plant of a file goes on by itself', () => {
  const clock = new WallClock('Europe/London')
  const walls = [30, 60, 90, 60, 90, 120].map((minute) => Date.UTC(2025, 9, 26, 0, minute) * 1000)
  const both = walls.map((wall) => [clock.instantOf(wall, 1), clock.instantOf(wall, 2)])
  const start = Date.UTC(2025, 9, 25, 23, 30) * 1000
  expect(both).toEqual(
    walls.map((_, index) => [start + index * 30 * MINUTE, start + index * 30 * MINUTE]),
  )
})

test.each(['Nowhere/Atlantis', '+02:00', ''])('%j is not a time zone', (name) => {
  expect(() => new WallClock(name)).toThrow('Africa/Johannesburg')
})

test('a time zone is called by its usual spelling', () => {
  expect(new WallClock('africa/johannesburg').timeZone).toBe('Africa/Johannesburg')
})
