import fc from 'fast-check'
import { parseConstValue } from 'graphql'
import { expect, test } from 'vitest'
import { DateTime, Duration, LocalDate, TimeZone } from '../../src/graphql/scalars.ts'

test('a time zone is taken by its IANA name alone, in its usual spelling', () => {
  expect(TimeZone.coerceInputValue('africa/johannesburg')).toBe('Africa/Johannesburg')
  for (const wrong of ['+02:00', 'Mars/Olympus', '', 2]) {
    expect(() => TimeZone.coerceInputValue(wrong)).toThrow('Expected an IANA time zone')
  }
})

test('a time zone that SQL wrote is told as it is: one odd plant must not fail them all', () => {
  expect(TimeZone.coerceOutputValue('Mars/Olympus')).toBe('Mars/Olympus')
})

test('what a scalar is not is refused with what is expected, also where it has no text of its own', () => {
  for (const scalar of [DateTime, LocalDate, Duration]) {
    const noTexts = [5, null, ['2026-06-21'], { toString: 1 }, Object.create(null)]
    for (const wrong of [...noTexts, '1h', 'yesterday']) {
      for (const coerce of [scalar.coerceInputValue, scalar.parseValue]) {
        expect(() => coerce(wrong)).toThrow(/^Expected an? \w+ such as/)
      }
    }
    for (const wrong of ['"yesterday"', '5.5', '[1]']) {
      expect(() => scalar.coerceInputLiteral?.(parseConstValue(wrong))).toThrow(
        /^Expected an? \w+ such as/,
      )
    }
  }
})

test('an instant is told as toISOString tells it', () => {
  fc.assert(
    fc.property(fc.array(fc.date({ noInvalidDate: true })), (dates) => {
      const near = dates.flatMap((date) => [date, new Date(date.getTime() + 1)])
      for (const date of near.filter((date) => !Number.isNaN(date.getTime()))) {
        expect(DateTime.coerceOutputValue(date)).toBe(date.toISOString())
        expect(DateTime.serialize(date)).toBe(date.toISOString())
      }
    }),
  )
  expect(() => DateTime.coerceOutputValue(new Date(Number.NaN))).toThrow('Invalid')
})

test('an instant is taken as milliseconds, as a number or as text, in variables and in the document', () => {
  const most = 253_402_300_799_999
  fc.assert(
    fc.property(fc.integer({ min: 946_684_800_000, max: most }), (milliseconds) => {
      const date = new Date(milliseconds)
      for (const value of [milliseconds, `${milliseconds}`]) {
        expect(DateTime.coerceInputValue(value)).toEqual(date)
        const literal = JSON.stringify(value)
        expect(DateTime.coerceInputLiteral?.(parseConstValue(literal))).toEqual(date)
      }
    }),
  )
  // Seconds, a year, parts of a millisecond, and what no calendar has.
  const wrong = [1_782_065_045, 2026, 0, -1, 1_782_065_045_000.5, most + 1, Number.NaN]
  for (const value of [...wrong, '1782065045', '-1782065045000', `${most + 1}`, '2026']) {
    expect(() => DateTime.coerceInputValue(value)).toThrow(
      /whole milliseconds since 1970 from 946684800000 \(2000\)/,
    )
  }
  for (const literal of ['1782065045', '1.5e12', 'true', '[1]', '{a: 1}', 'NOW']) {
    expect(() => DateTime.coerceInputLiteral?.(parseConstValue(literal))).toThrow(
      /^Expected a time such as/,
    )
  }
})

test('a day is taken as it is written, and only where the calendar has it', () => {
  expect(LocalDate.coerceInputValue('2024-02-29')).toBe('2024-02-29')
  for (const wrong of ['2026-02-29', '2026-2-1', '2026-06-21T00:00:00Z', 20260621]) {
    expect(() => LocalDate.coerceInputValue(wrong)).toThrow()
  }
})
