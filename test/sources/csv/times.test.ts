import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseTime } from '../../../src/sources/csv/times.ts'

const instants = fc.date({
  min: new Date('2000-01-01T00:00:00Z'),
  max: new Date('2100-01-01T00:00:00Z'),
  noInvalidDate: true,
})

test('reads every RFC 3339 time as Temporal does, to the microsecond', () => {
  fc.assert(
    fc.property(
      instants,
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: -1439, max: 1439 }),
      fc.constantFrom('T', ' ', 't'),
      (date, microseconds, offsetMinutes, separator) => {
        const sign = offsetMinutes < 0 ? '-' : '+'
        const pad = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, '0')
        const offset = `${sign}${pad(offsetMinutes / 60)}:${pad(offsetMinutes % 60)}`
        const digits = `${date.toISOString().slice(0, -1)}${String(microseconds).padStart(3, '0')}`
        const expected = Temporal.Instant.from(`${digits}${offset}`).epochNanoseconds / 1000n
        const time = parseTime(`${digits.replace('T', separator)}${offset}`)
        expect(time === undefined ? undefined : time.wall - (time.offset ?? Number.NaN)).toBe(
          Number(expected),
        )
      },
    ),
  )
})

test.each([
  ['2026-06-21T18:04:05Z', 0],
  ['2026-06-21 18:04:05+00', 0],
  ['2026-06-21 18:04:05 +0200', 7200],
  ['2026-06-21T18:04:05-03:30', -12_600],
  ['2026-06-21T18:04', undefined],
  [' 2026-06-21 18:04:05 ', undefined],
])('reads %s', (text, offsetSeconds) => {
  expect(parseTime(text)).toEqual({
    wall: Date.UTC(2026, 5, 21, 18, 4, text.includes(':05') ? 5 : 0) * 1000,
    offset: offsetSeconds === undefined ? undefined : offsetSeconds * 1_000_000,
  })
})

test('cuts what is finer than a microsecond', () => {
  expect(parseTime('2026-06-21T18:04:05.123456789Z')?.wall).toBe(
    Date.UTC(2026, 5, 21, 18, 4, 5, 123) * 1000 + 456,
  )
})

test.each([
  '',
  '2026-06-21',
  '1782065045',
  '2026-00-21T18:04:05Z',
  '2026-13-21T18:04:05Z',
  '2026-02-29T18:04:05Z',
  '2026-06-31T18:04:05Z',
  '2026-06-00T18:04:05Z',
  '2026-06-21T24:00:00Z',
  '2026-06-21T18:60:00Z',
  '2026-06-21T18:04:61Z',
  '2026-06-21T18:04:05+24:00',
  '2026-06-21T18:04:05+01:60',
  '21/06/2026 18:04',
  '2026-06-21T18:04:05Z and more',
])('refuses %j', (text) => {
  expect(parseTime(text)).toBeUndefined()
})
