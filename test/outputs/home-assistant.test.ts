import { Writable } from 'node:stream'
import { connectAsync } from 'mqtt'
import { pino } from 'pino'
import { describe, expect, test, vi } from 'vitest'
import type { RaisedAlert } from '../../src/alerts/alert.ts'
import { instantOf } from '../../src/database/instant.ts'
import {
  type HomeAssistantData,
  startHomeAssistantOutput,
} from '../../src/outputs/home-assistant/home-assistant-output.ts'
import { homeAssistantSettings } from '../../src/outputs/home-assistant/home-assistant-settings.ts'
import type { Plant } from '../../src/telemetry/plant.ts'
import { emptyReading } from '../../src/telemetry/reading.ts'
import { openMosquitto, skipped } from '../sources/mqtt/mosquitto.ts'

const patience = { timeout: 30_000, interval: 20 }

const now = instantOf(new Date())
const MIDNIGHT = instantOf(new Date('2026-06-20T22:00:00Z'))

/** A plant that charges its battery and exports. */
const plant: Plant = {
  id: 7,
  name: 'House',
  timeZone: 'Europe/Berlin',
  ratedPower: null,
  maxGap: null,
  latest: {
    ...emptyReading(7, now),
    id: 1,
    createdAt: now,
    soc: 81,
    batteryPower: -2310,
    gridPower: -1985,
    pvPower: 7420,
    loadPower: 2960,
  },
}
const silent: Plant = { ...plant, id: 8, name: null, latest: null }
const old: Plant = {
  ...plant,
  id: 9,
  latest: { ...emptyReading(9, now - 3_600_000_000), id: 2, createdAt: now },
}

const energy = {
  pv: 21.5,
  load: 11.2,
  gridImport: 0.4,
  gridExport: 8.1,
  batteryCharge: 6,
  batteryDischarge: 2.5,
  generator: null,
}

const data: HomeAssistantData = {
  readPlants: async () => [plant, silent, old],
  hasFallenSilent: async ({ id }) => id !== plant.id,
  readToday: async () => ({ start: MIDNIGHT, energy }),
  readAlerts: async () => [],
}

/** What is retained on the broker, and what comes: the newest payload of each topic. */
async function watch(url: string) {
  const client = await connectAsync(url)
  const payloads = new Map<string, string>()
  client.on('message', (topic, payload) => {
    payloads.set(topic, String(payload))
  })
  await client.subscribeAsync('#', { qos: 1 })
  return { payloads, [Symbol.asyncDispose]: () => client.endAsync(true) }
}

function start(url: string, changed: Partial<HomeAssistantData> = {}) {
  const logged: string[] = []
  const destination = new Writable({
    write: (line, _encoding, done) => {
      logged.push(JSON.parse(String(line)).msg)
      done()
    },
  })
  const settings = homeAssistantSettings.parse({ url, every: 'PT1S' })
  const context = { secret: () => '', log: pino(destination) }
  return { logged, output: startHomeAssistantOutput(settings, context, { ...data, ...changed }) }
}

describe.skipIf(skipped !== '')(`with Mosquitto${skipped}`, () => {
  test('a plant is a device with its newest reading, its energy of today and its availability', async () => {
    await using broker = await openMosquitto()
    await using seen = await watch(broker.urls.mqtt)
    await using _output = start(broker.urls.mqtt).output
    const { payloads } = seen
    await vi.waitFor(
      () => expect(payloads.get('heliograph/9/availability')).toBeDefined(),
      patience,
    )

    expect(payloads.get('heliograph/status')).toBe('online')
    expect(payloads.get('heliograph/7/availability')).toBe('online')
    // A plant without a reading, and one that has fallen silent.
    expect(payloads.get('heliograph/8/availability')).toBe('offline')
    expect(payloads.get('heliograph/8/state')).toBeUndefined()
    expect(payloads.get('heliograph/9/availability')).toBe('offline')
    expect(JSON.parse(payloads.get('heliograph/7/state') ?? '')).toMatchObject({
      soc: 81,
      batteryPower: -2310,
      gridPower: -1985,
      pvPower: 7420,
      generatorPower: null,
      today: energy,
      todaySince: '2026-06-20T22:00:00.000000Z',
    })
    const config = JSON.parse(payloads.get('homeassistant/device/heliograph_7/config') ?? '')
    expect(config).toMatchObject({
      dev: { ids: ['heliograph_7'], name: 'House', mf: 'Heliograph' },
      o: { name: 'Heliograph' },
      state_topic: 'heliograph/7/state',
      availability: [{ topic: 'heliograph/status' }, { topic: 'heliograph/7/availability' }],
      availability_mode: 'all',
    })
    expect(config.cmps).toMatchObject({
      soc: { name: 'State of charge', device_class: 'battery', unit_of_measurement: '%' },
      batt_power: {
        p: 'sensor',
        unique_id: 'heliograph_7_batt_power',
        name: 'Battery power (+ discharging)',
        device_class: 'power',
        state_class: 'measurement',
        unit_of_measurement: 'W',
        value_template: '{{ value_json.batteryPower }}',
      },
      grid_power: { name: 'Grid power (+ importing)' },
      pv_power: { name: 'PV power' },
      batt_voltage: { device_class: 'voltage', unit_of_measurement: 'V' },
      batt_current: { device_class: 'current', unit_of_measurement: 'A' },
      batt_temperature: { device_class: 'temperature', unit_of_measurement: '°C' },
      today_gridExport: {
        name: 'Grid export today',
        device_class: 'energy',
        state_class: 'total',
        unit_of_measurement: 'kWh',
        value_template: '{{ value_json.today.gridExport }}',
        last_reset_value_template: '{{ value_json.todaySince }}',
      },
    })
    // All is retained: Home Assistant finds it when it starts later.
    await using later = await watch(broker.urls.mqtt)
    await vi.waitFor(() => expect(later.payloads.size).toBe(payloads.size), patience)
  })

  test('raised alerts are a binary sensor that is on, and off when they are over', async () => {
    await using broker = await openMosquitto()
    await using seen = await watch(broker.urls.mqtt)
    let alerts: RaisedAlert[] = [
      { kind: 'SOURCE_SILENT', subject: 'roof', detail: 'no reading', since: MIDNIGHT },
    ]
    await using _output = start(broker.urls.mqtt, { readAlerts: async () => alerts }).output
    const state = () => JSON.parse(seen.payloads.get('heliograph/alerts') ?? '{}')
    await vi.waitFor(() => {
      expect(state()).toEqual({
        problem: 'ON',
        alerts: [{ kind: 'SOURCE_SILENT', subject: 'roof', since: '2026-06-20T22:00:00.000000Z' }],
      })
    }, patience)
    expect(
      JSON.parse(seen.payloads.get('homeassistant/device/heliograph_alerts/config') ?? ''),
    ).toMatchObject({
      cmps: { problem: { p: 'binary_sensor', device_class: 'problem' } },
      state_topic: 'heliograph/alerts',
      availability: [{ topic: 'heliograph/status' }],
    })
    alerts = []
    await vi.waitFor(() => expect(state()).toEqual({ problem: 'OFF', alerts: [] }), patience)
  })

  test('when it stops, the broker says offline in its place', async () => {
    await using broker = await openMosquitto()
    await using seen = await watch(broker.urls.mqtt)
    {
      await using _output = start(broker.urls.mqtt).output
      await vi.waitFor(
        () => expect(seen.payloads.get('heliograph/status')).toBe('online'),
        patience,
      )
    }
    await vi.waitFor(() => expect(seen.payloads.get('heliograph/status')).toBe('offline'), patience)
  })

  test('a database that is away makes it offline, is logged once, and is tried again', async () => {
    await using broker = await openMosquitto()
    await using seen = await watch(broker.urls.mqtt)
    let isAway = true
    const { logged, output } = start(broker.urls.mqtt, {
      readPlants: async () => {
        if (isAway) throw new Error('away')
        return [plant]
      },
    })
    await using _output = output
    await vi.waitFor(() => expect(seen.payloads.get('heliograph/status')).toBe('offline'), patience)
    isAway = false
    await vi.waitFor(() => expect(seen.payloads.get('heliograph/7/state')).toBeDefined(), patience)
    await vi.waitFor(() => {
      expect(logged).toEqual([
        'Readings cannot be published for Home Assistant; retrying',
        'Readings are published for Home Assistant again',
      ])
    }, patience)
  })

  test('a broker that dies while readings are published gets everything again when it is back', async () => {
    await using broker = await openMosquitto()
    let isFirst = true
    const { logged, output } = start(broker.urls.mqtt, {
      readToday: async () => {
        if (isFirst) await broker.kill()
        isFirst = false
        return { start: MIDNIGHT, energy }
      },
    })
    await using _output = output
    await vi.waitFor(() => expect(logged).toHaveLength(1), patience)
    await broker.start()
    await using seen = await watch(broker.urls.mqtt)
    await vi.waitFor(() => expect(seen.payloads.get('heliograph/7/state')).toBeDefined(), patience)
    expect(seen.payloads.get('homeassistant/device/heliograph_7/config')).toBeDefined()
  })
})

test('stopping while no broker can be reached ends at once', async () => {
  const { logged, output } = start('mqtt://127.0.0.1:1')
  await vi.waitFor(() => expect(logged).toHaveLength(1), patience)
  await output[Symbol.asyncDispose]()
  expect(logged).toEqual(['Readings cannot be published for Home Assistant; retrying'])
})
