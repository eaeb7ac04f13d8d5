import { expect, test } from 'vitest'
import { clearSky } from '../../../src/sources/simulated/weather.ts'

// Solar noon from the almanac's equation of time, on days on which clocks change where they do.
test.for([
  ['Europe/London', 51.5, -0.1, '2026-03-29', '13:05'],
  ['Europe/London', 51.5, -0.1, '2026-10-25', '11:44'],
  ['America/Los_Angeles', 34.1, -118.2, '2026-03-08', '13:04'],
  ['America/Los_Angeles', 34.1, -118.2, '2026-11-01', '11:36'],
  ['Australia/Lord_Howe', -31.6, 159.1, '2026-04-05', '11:56'],
  ['Australia/Lord_Howe', -31.6, 159.1, '2026-10-04', '12:12'],
  ['Asia/Kathmandu', 27.7, 85.3, '2026-06-21', '12:06'],
  ['Africa/Johannesburg', -26.2, 28, '2026-12-22', '12:06'],
] as const)(
  'in %s (%d, %d) on %s the sun is highest at %s',
  ([timeZone, latitude, longitude, day, noon]) => {
    const light = clearSky({ latitude, longitude, tilt: 20 })
    const midnight = Temporal.PlainDate.from(day).toZonedDateTime(timeZone)
    const start = midnight.epochMilliseconds / 1000
    const end = midnight.add({ days: 1 }).epochMilliseconds / 1000
    let highest = start
    for (let at = start; at < end; at += 10) if (light(at) > light(highest)) highest = at
    const expected = midnight.withPlainTime(noon).epochMilliseconds / 1000
    expect(Math.abs(highest - expected)).toBeLessThanOrEqual(90)
  },
)

test('a clear noon gives about a kilowatt to a square metre that faces the sun', () => {
  const noon = Date.UTC(2026, 2, 20, 12, 7) / 1000
  expect(clearSky({ latitude: 40, longitude: 0, tilt: 40 })(noon)).toBeGreaterThan(950)
  expect(clearSky({ latitude: 40, longitude: 0, tilt: 40 })(noon)).toBeLessThan(1080)
  // Lying flat it catches the sine of the sun's 50°, and as much scattered light.
  const flat = clearSky({ latitude: 40, longitude: 0, tilt: 0 })(noon)
  const facing = clearSky({ latitude: 40, longitude: 0, tilt: 40 })(noon)
  expect(flat / facing).toBeCloseTo((Math.sin((50 * Math.PI) / 180) + 0.1) / 1.1, 2)
})

test('north of the polar circle the sun stays down in December and up in June', () => {
  const light = clearSky({ latitude: 70, longitude: 25, tilt: 30 })
  const hours = (month: number) =>
    Array.from({ length: 24 }, (_, hour) => light(Date.UTC(2026, month, 21, hour) / 1000))
  expect(Math.max(...hours(11))).toBe(0)
  expect(Math.min(...hours(5))).toBeGreaterThan(0)
})
