import { expect, test } from 'vitest'
import { CounterTopics } from '../../../src/sources/mqtt/counter-topics.ts'
import { mappingOf } from '../../../src/sources/mqtt/mqtt-mapping.ts'
import { mqttSettings } from '../../../src/sources/mqtt/mqtt-settings.ts'

const mapped = (settings: object) =>
  mappingOf(mqttSettings.parse({ url: 'mqtt://broker.example', ...settings })).counters

const topics = { soc: { quantity: 'soc' } }

function open(counters: object) {
  const assembler = new CounterTopics(mapped({ topics, counters }))
  return (instant: number, topic: string, payload: string, isRetained = false) =>
    assembler.take({ topic, payload, isRetained }, { ms: 0, instant })
}

test('the add-on of Sunsynk tells twelve counters, of which the settings may name others', () => {
  const sunsynk = { preset: 'sunsynk', prefix: 'ss1', pvStrings: 2 }
  const names = (counters: object) =>
    mapped({ ...sunsynk, counters })
      .map(({ topic, energy, span }) => `${topic} ${energy} ${span}`)
      .sort()
  expect(names({})).toHaveLength(12)
  expect(names({})).toContain('SS/ss1/total_grid_import gridImport TOTAL')
  expect(names({})).toContain('SS/ss1/day_battery_charge batteryCharge TODAY')
  const own = names({ meter: { energy: 'gridImport', span: 'total' } })
  expect(own).toContain('meter gridImport TOTAL')
  expect(own).not.toContain('SS/ss1/total_grid_import gridImport TOTAL')
})

test('a counter has the time at which it came, or that of its payload, and is in kWh', () => {
  const take = open({
    plain: { energy: 'pv', span: 'total', scale: 0.001 },
    json: { energy: 'load', span: 'today', path: 'day.load', timePath: 'at' },
  })
  expect(take(5, 'plain', '21874300')).toEqual([
    { timestamp: 5, energy: 'pv', span: 'TOTAL', kwh: { plain: 21_874.3 } },
  ])
  const payload = '{"at":"2026-06-21T12:00:00Z","day":{"load":24.9}}'
  expect(take(6, 'json', payload, true)).toEqual([
    {
      timestamp: Date.UTC(2026, 5, 21, 12) * 1000,
      energy: 'load',
      span: 'TODAY',
      kwh: { 'json (day.load)': 24.9 },
    },
  ])
})

test('what was retained, is no number or has no time is passed over', () => {
  const take = open({
    plain: { energy: 'pv', span: 'total' },
    json: { energy: 'load', span: 'today', path: 'load', timePath: 'at' },
  })
  expect(take(5, 'plain', '1', true)).toEqual([])
  expect(take(5, 'plain', 'unavailable')).toEqual([])
  expect(take(5, 'json', '{"load":1}')).toEqual([])
  expect(take(5, 'other', '1')).toEqual([])
})

test('the inverters of a plant are one counter, once all of them have come', () => {
  const one = { energy: 'pv', span: 'total' }
  const take = open({ a: one, b: one })
  expect(take(1, 'a', '10')).toEqual([])
  expect(take(2, 'a', '11')).toEqual([])
  expect(take(3, 'b', '20')).toEqual([
    { timestamp: 3, energy: 'pv', span: 'TOTAL', kwh: { a: 11, b: 20 } },
  ])
  expect(take(4, 'b', '21')).toEqual([])
})
