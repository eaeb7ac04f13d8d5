import { expect, test } from 'vitest'
import { instantOf } from '../../../src/database/instant.ts'
import { numberIn, timeIn } from '../../../src/sources/mqtt/payload.ts'

test.each([
  ['-2310', -2310],
  [' 53.6\n', 53.6],
  ['+.5', 0.5],
  ['1e3', 1000],
  ['-0.0', -0],
])('%j is a number', (payload, number) => {
  expect(numberIn(payload, undefined)).toEqual({ number })
})

test.each(['unavailable', 'unknown', 'NaN', 'None', 'null', 'N/A', ''])(
  '%j says that nothing was measured',
  (payload) => {
    expect(numberIn(payload, undefined)).toEqual({ missing: `said ${JSON.stringify(payload)}` })
  },
)

test.each(['12 W', '1,5', '0x10', 'Infinity', '1e999', 'true', '[1]', '{"a":1}', '１２'])(
  '%j is no number, and the reason repeats it',
  (payload) => {
    expect(numberIn(payload, undefined)).toEqual({
      missing: `said ${JSON.stringify(payload)}: expected a number`,
    })
  },
)

test('a long payload is repeated up to 60 characters', () => {
  expect(numberIn('x'.repeat(5000), undefined)).toEqual({
    missing: `said "${'x'.repeat(60)}… (5000 characters)": expected a number`,
  })
})

const json = JSON.stringify({ pv: [{ power: 3783 }, { power: '3637' }], soc: null, ok: true })

test('a path with indexes finds numbers and texts of numbers', () => {
  expect(numberIn(json, 'pv.0.power')).toEqual({ number: 3783 })
  expect(numberIn(json, 'pv[1].power')).toEqual({ number: 3637 })
})

test('a path that leads nowhere, to null or to something else is not measured', () => {
  const nowhere = (path: string) => ({
    missing: `said ${JSON.stringify(`${json.slice(0, 60)}… (${json.length} characters)`)}: expected JSON with ${path}`,
  })
  for (const path of ['pv.2.power', 'battery', 'pv.length', 'constructor', 'ok.x']) {
    expect(numberIn(json, path)).toEqual(nowhere(path))
  }
  expect(numberIn('{"soc":null}', 'soc')).toEqual({
    missing: `said ${JSON.stringify('{"soc":null}')}, with "null" at soc`,
  })
  expect(numberIn('{"ok":true}', 'ok')).toEqual({
    missing: `said ${JSON.stringify('{"ok":true}')}, with "true" at ok: expected a number`,
  })
  expect(numberIn('12', 'soc')).toMatchObject({ missing: 'said "12": expected JSON with soc' })
  expect(numberIn('{', 'soc')).toMatchObject({ missing: 'said "{": expected JSON with soc' })
})

const NOON = instantOf(new Date('2026-06-21T12:00:00Z'))

test.each([
  ['2026-06-21T12:00:00Z', NOON],
  ['2026-06-21T14:00:00.000250+02:00', NOON + 250],
  ['1782043200', NOON],
  ['1782043200.5', NOON + 500_000],
  ['1782043200000', NOON],
])('%j is a time', (payload, time) => {
  expect(timeIn(payload, undefined)).toEqual({ time })
})

test.each(['2026-06-21T12:00:00', '21.06.2026 12:00', '0', '-5', '1e30', 'unknown'])(
  '%j is no time: a local one could be any',
  (payload) => {
    expect(timeIn(payload, undefined)).toHaveProperty('missing')
  },
)
