import { expect, test } from 'vitest'
import { TimeZone } from '../../src/graphql/scalars.ts'

test('a time zone is taken by its IANA name alone, in its usual spelling', () => {
  expect(TimeZone.coerceInputValue('africa/johannesburg')).toBe('Africa/Johannesburg')
  for (const wrong of ['+02:00', 'Mars/Olympus', '', 2]) {
    expect(() => TimeZone.coerceInputValue(wrong)).toThrow('Expected an IANA time zone')
  }
})

test('a time zone that SQL wrote is told as it is: one odd plant must not fail them all', () => {
  expect(TimeZone.coerceOutputValue('Mars/Olympus')).toBe('Mars/Olympus')
})
