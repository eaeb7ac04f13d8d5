import { expect, test } from 'vitest'
import { z } from 'zod'
import type { DiscoveredTopic } from '../../../src/sources/mqtt/discover-topics.ts'
import { mappingOf } from '../../../src/sources/mqtt/mqtt-mapping.ts'
import { mqttSettings } from '../../../src/sources/mqtt/mqtt-settings.ts'
import { proposeMapping } from '../../../src/sources/mqtt/propose-mapping.ts'
import { matches } from '../../../src/sources/mqtt/topic-filter.ts'

const url = 'mqtt://broker.example'
const map = (settings: object) => mappingOf(mqttSettings.parse({ url, ...settings }))

test('every setting has a description, and the JSON Schema can be made', () => {
  const schema = z.toJSONSchema(mqttSettings, { io: 'input' })
  const undescribed = Object.entries(schema.properties ?? {})
    .filter(([, property]) => typeof property === 'boolean' || !property.description)
    .map(([name]) => name)
  expect(undescribed).toEqual([])
  expect(schema.required).toEqual(['url'])
})

test('windows are 10 s, readings 5 s apart and values stale after ten windows, if nothing is said', () => {
  expect(map({ topics: { a: { quantity: 'soc' } } })).toMatchObject({
    windowMs: 10_000,
    everyMs: 5000,
    staleAfterMs: 100_000,
    expectedEveryMs: 10_000,
  })
  expect(map({ preset: 'sunsynk', prefix: 'ss1', pvStrings: 1 }).staleAfterMs).toBe(660_000)
  expect(
    map({ preset: 'sunsynk', prefix: 'ss1', pvStrings: 1, staleAfter: 'PT2M' }).staleAfterMs,
  ).toBe(120_000)
})

test.each([
  [{}, 'no topic is mapped: set a preset or topics'],
  [{ preset: 'sunsynk', prefix: 'ss1' }, 'the preset sunsynk needs pvStrings'],
  [{ preset: 'solar-assistant' }, 'the preset solar-assistant needs inverters'],
  [
    { preset: 'solar-assistant', inverters: 1, prefix: 'ss1' },
    'prefix does not belong to the preset solar-assistant',
  ],
  [{ topics: { a: { quantity: 'soc' } }, baseTopic: 'SS' }, 'baseTopic does not belong to topics'],
  [
    { topics: { a: { quantity: 'soc' }, b: { quantity: 'soc' } } },
    'a and b are both soc. Leave one, or set add on each if they are to be added up',
  ],
  [
    {
      topics: { a: { quantity: 'pvPower', add: true }, b: { quantity: 'pvPower' } },
    },
    'a and b are both pvPower. Leave one, or set add on each if they are to be added up',
  ],
  [
    { topics: { a: { quantity: 'gridImport' } } },
    'gridImport is mapped without gridExport. Map both; or if gridImport is all there is, map it to gridPower',
  ],
  [
    {
      topics: {
        a: [
          { quantity: 'batteryCharge', path: 'in' },
          { quantity: 'batteryDischarge', path: 'out' },
        ],
        b: { quantity: 'batteryPower' },
      },
    },
    'a (in) and a (out) and b are both batteryPower and batteryCharge and batteryDischarge',
  ],
  [
    { topics: { a: { quantity: 'soc' } }, tls: { ca: 'ca.pem' } },
    'tls needs an address with mqtts:// or wss://, and url has mqtt://',
  ],
  [
    { topics: { a: { quantity: 'soc' } }, passwordVariable: 'MQTT_PASSWORD' },
    'passwordVariable needs a username',
  ],
  [
    { topics: { a: { quantity: 'time' }, b: { quantity: 'time' } } },
    'several topics are the time: a and b. Map one to time',
  ],
])('%j is refused, with the setting named', (settings, what) => {
  expect(() => map(settings)).toThrow(
    expect.objectContaining({
      code: 'CONFIGURATION_INVALID',
      message: `The settings of an MQTT source do not fit: ${what}.`,
    }),
  )
})

test.each([
  [{ url: 'http://host' }, ['url']],
  [{ url: 'mqtt://user:secret@host' }, ['url']],
  [{ url: 'broker.example' }, ['url']],
  [{ topics: { 'a/+': { quantity: 'soc' } } }, ['topics', 'a/+']],
  [{ topics: { a: { quantity: 'power' } } }, ['topics', 'a']],
  [{ topics: { a: { quantity: 'soc', scale: 0 } } }, ['topics', 'a']],
  [{ window: '10s' }, ['window']],
  [{ window: 'PT0S' }, ['window']],
  [{ tls: { certificate: 'client.pem' } }, ['tls']],
  [{ password: 'secret' }, []],
])('%j is refused by its field, without repeating a secret', (settings, path) => {
  const { error } = mqttSettings.safeParse({ url, ...settings })
  expect(error?.issues[0]?.path.slice(0, path.length)).toEqual(path)
  expect(error?.message).not.toContain('user:secret')
})

const discovered = (messages: Record<string, string>): DiscoveredTopic[] =>
  Object.entries(messages).map(([topic, payload]) => ({ topic, payload, isRetained: false }))

test('the topics of the sunsynk add-on are recognised, old and new, with prefix and strings', () => {
  const sensors = ['battery_power', 'grid_power', 'pv1_power', 'pv2_power', 'pv3_power']
  const of = (base: string) =>
    discovered({
      ...Object.fromEntries(sensors.map((sensor) => [`${base}/${sensor}`, '12'])),
      'zigbee2mqtt/lamp': '{}',
    })
  expect(proposeMapping(of('SS/ss2'))?.settings).toEqual({
    preset: 'sunsynk',
    prefix: 'ss2',
    pvStrings: 3,
  })
  expect(proposeMapping(of('SUNSYNK/status/888'))?.settings).toEqual({
    preset: 'sunsynk',
    baseTopic: 'SUNSYNK/status',
    prefix: '888',
    pvStrings: 3,
  })
})

test('the topics of SolarAssistant are recognised, with the number of inverters', () => {
  const messages = discovered({
    'solar_assistant/total/battery_power/state': '2310',
    'solar_assistant/inverter_1/grid_power/state': '-1985',
    'solar_assistant/inverter_2/grid_power/state': '0',
    'solar_assistant/inverter_1/device_mode/state': 'Grid',
  })
  expect(proposeMapping(messages)).toEqual({
    settings: { preset: 'solar-assistant', inverters: 2 },
    unclear: [],
  })
})

test('sensors of a statestream are proposed, but for powers whose sign only their owner knows', () => {
  const messages = discovered({
    'homeassistant/sensor/deye_battery_soc/state': '81',
    'homeassistant/sensor/deye_battery_power/state': '-2310',
    'homeassistant/sensor/deye_grid_power/state': '-1985',
    'homeassistant/sensor/deye_load_power/state': '2960',
    'homeassistant/sensor/kitchen_temperature/state': '21',
  })
  expect(proposeMapping(messages)).toEqual({
    settings: {
      preset: 'home-assistant-statestream',
      sensors: {
        deye_battery_soc: { quantity: 'soc' },
        deye_load_power: { quantity: 'loadPower' },
      },
    },
    unclear: [
      { topic: 'homeassistant/sensor/deye_battery_power/state', quantity: 'batteryPower' },
      { topic: 'homeassistant/sensor/deye_grid_power/state', quantity: 'gridPower' },
    ],
  })
})

test('topics of which hardly any is known are not taken for a preset', () => {
  expect(proposeMapping(discovered({ 'SS/ss1/battery_power': '1', 'a/b': '2' }))).toBeUndefined()
  expect(proposeMapping([])).toBeUndefined()
})

test.each([
  ['a/b', 'a/b', true],
  ['a/+', 'a/b', true],
  ['a/+', 'a/b/c', false],
  ['a/#', 'a/b/c', true],
  ['a/#', 'a', true],
  ['#', 'a/b', true],
  ['#', '$SYS/uptime', false],
  ['a/b', 'a', false],
  ['a', 'a/b', false],
  ['+/+', 'a', false],
])('the filter %s with the topic %s: %s', (filter, topic, is) => {
  expect(matches(filter, topic)).toBe(is)
})
