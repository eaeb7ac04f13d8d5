import { expect, test } from 'vitest'
import { createLogger } from '../../src/log.ts'
import { modbusKind } from '../../src/sources/modbus/modbus.ts'
import { solarmanKind } from '../../src/sources/modbus/solarman.ts'
import { solarkCloudKind } from '../../src/sources/solark-cloud/solark-cloud.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi } from '../support/api.ts'
import { openModbusServer } from './modbus/modbus-server.ts'
import { context, day as dayWords, PLANT, word } from './modbus/registers.ts'
import { openLogger } from './modbus/solarman-logger.ts'
import { listenTo } from './mqtt/listening.ts'
import { openMosquitto, skipped } from './mqtt/mosquitto.ts'
import { day as dayFlow } from './plant-flow/flow-table.ts'
import { openFakeCloud, PASSWORD, USERNAME } from './solark-cloud/fake-cloud.ts'
import { CLOUD_PLANT, upload } from './solark-cloud/payloads.ts'

const Directions = graphql(`
  query Directions($plantId: Int!, $from: Date!, $to: Date!) {
    latestEnergy(plantId: $plantId) {
      batteryCharge
      batteryDischarge
      gridExport
      gridImport
      pvPower
    }
    energy(plantId: $plantId, from: $from, to: $to, timeZone: "UTC") {
      energy {
        batteryCharge
        batteryDischarge
        gridExport
        gridImport
        pv
      }
    }
  }
`)

/** W as magnitudes, as a person would say it. */
interface Situation {
  charge?: number
  discharge?: number
  import?: number
  export?: number
  pv: number
}

const situations: Record<string, Situation> = {
  'charging and exporting by day': { charge: 2310, export: 1985, pv: 7420 },
  'discharging and importing by day': { discharge: 2310, import: 1985, pv: 520 },
  'charging and importing by day': { charge: 4100, import: 3200, pv: 1500 },
  'discharging and exporting by day': { discharge: 1200, export: 3300, pv: 2900 },
  'discharging and importing by night': { discharge: 3050, import: 40, pv: 0 },
  'charging and importing by night': { charge: 2300, import: 5400, pv: 0 },
  'discharging and exporting by night': { discharge: 7100, export: 4000, pv: 0 },
}

const MINUTE = 60_000_000
const FIRST_DAY = Date.UTC(2026, 5, 21, 12) * 1000
const { signal } = new AbortController()

/** A source whose other side can be brought into a situation. */
interface Way extends AsyncDisposable {
  read(situation: Situation, at: number): Promise<Reading | undefined>
}

const signed = (plus = 0, minus = 0) => plus - minus
const battery = ({ discharge, charge }: Situation) => signed(discharge, charge)
const grid = ({ import: comes, export: goes }: Situation) => signed(comes, goes)

/** Sol-Ark, Sunsynk and Deye with one phase: + discharging, + importing. */
const registers = (situation: Situation) => ({
  ...dayWords,
  // Amperes in hundredths, at 53.6 V.
  ...{ 190: word(battery(situation)), 191: word(Math.round((battery(situation) / 53.6) * 100)) },
  ...{ 169: word(grid(situation)), 186: situation.pv, 187: 0 },
})

/** Deye with three phases: the battery is + discharging, the grid + importing. */
const threePhaseRegisters = (situation: Situation) => ({
  ...{ 587: 5210, 588: 64, 590: word(battery(situation)), 625: word(grid(situation)) },
  ...{ 591: word(Math.round((battery(situation) / 52.1) * 100)), 672: situation.pv, 673: 0 },
})

async function openModbus(
  model: 'sol-ark' | 'deye-three-phase',
  wordsOf: (situation: Situation) => Record<number, number>,
): Promise<Way> {
  await using opening = new AsyncDisposableStack()
  const server = opening.use(await openModbusServer({}))
  const settings = { host: '127.0.0.1', port: server.port, model }
  const source = opening.use(modbusKind.open(modbusKind.settings.parse(settings), context))
  const open = opening.move()
  return {
    read: async (situation, at) => {
      server.units = { 1: wordsOf(situation) }
      return (await source.read(at, signal)).readings[0]
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

async function openSolarman(): Promise<Way> {
  await using opening = new AsyncDisposableStack()
  const logger = opening.use(await openLogger(2_712_345_678, {}))
  const { port, serial } = logger
  const settings = { host: '127.0.0.1', port, serial, model: 'sol-ark' }
  const source = opening.use(solarmanKind.open(solarmanKind.settings.parse(settings), context))
  const open = opening.move()
  return {
    read: async (situation, at) => {
      logger.words = registers(situation)
      return (await source.read(at, signal)).readings[0]
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** The time of a message is that of its arrival, so it is moved to that of the situation. */
async function openMqtt(
  settings: object,
  topicsOf: (situation: Situation) => Record<string, number>,
): Promise<Way> {
  await using opening = new AsyncDisposableStack()
  const broker = opening.use(await openMosquitto())
  const url = broker.urls.mqtt
  // The window is long enough for all topics to come on a busy machine; a reading of all is made at once.
  const source = opening.use(listenTo({ url, window: 'PT20S', every: 'PT1S', ...settings }))
  await Promise.race([broker.logged(/Sending SUBACK to heliograph_/), source.ended])
  const open = opening.move()
  return {
    read: async (situation, at) => {
      const texts = Object.entries(topicsOf(situation)).map(([topic, value]) => [topic, `${value}`])
      await broker.publishAll(Object.fromEntries(texts))
      return { ...(await source.reading()), timestamp: at }
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** kellerza/sunsynk passes on what the registers say. */
const openSunsynk = () =>
  openMqtt({ preset: 'sunsynk', prefix: 'ss1', pvStrings: 2 }, (situation) => ({
    'SS/ss1/battery_soc': 81,
    'SS/ss1/battery_power': battery(situation),
    'SS/ss1/battery_voltage': 53.6,
    'SS/ss1/battery_current': Math.round((battery(situation) / 53.6) * 10) / 10,
    'SS/ss1/battery_temperature': 24.5,
    'SS/ss1/grid_power': grid(situation),
    'SS/ss1/load_power': 2960,
    'SS/ss1/pv1_power': situation.pv,
    'SS/ss1/pv2_power': 0,
    'SS/ss1/radiator_temperature': 48.1,
  }))

/** SolarAssistant has the battery the other way round: + charging. */
const openSolarAssistant = () =>
  openMqtt({ preset: 'solar-assistant', inverters: 1 }, (situation) => ({
    'solar_assistant/total/battery_state_of_charge/state': 81,
    'solar_assistant/total/battery_power/state': -battery(situation),
    'solar_assistant/total/battery_temperature/state': 24.5,
    'solar_assistant/inverter_1/battery_voltage/state': 53.6,
    'solar_assistant/inverter_1/temperature/state': 48.1,
    'solar_assistant/inverter_1/grid_power/state': grid(situation),
    'solar_assistant/inverter_1/load_power/state': 2960,
    'solar_assistant/inverter_1/pv_power/state': situation.pv,
  }))

/** In Home Assistant anything may be: here kW that are + charging, and a sensor for each direction of the grid. */
const openStatestream = () =>
  openMqtt(
    {
      preset: 'home-assistant-statestream',
      sensors: {
        battery_kw: { quantity: 'batteryPower', scale: 1000, invert: true },
        grid_in: { quantity: 'gridImport' },
        grid_out: { quantity: 'gridExport' },
        pv: { quantity: 'pvPower' },
      },
    },
    (situation) => ({
      'homeassistant/sensor/battery_kw/state': -battery(situation) / 1000,
      'homeassistant/sensor/grid_in/state': situation.import ?? 0,
      'homeassistant/sensor/grid_out/state': situation.export ?? 0,
      'homeassistant/sensor/pv/state': situation.pv,
    }),
  )

/** The cloud says magnitudes, and arrows. */
async function openCloud(): Promise<Way> {
  await using opening = new AsyncDisposableStack()
  const cloud = opening.use(await openFakeCloud())
  const settings = { host: cloud.host, username: USERNAME, cloudPlant: CLOUD_PLANT }
  const opened = solarkCloudKind.open(solarkCloudKind.settings.parse(settings), {
    name: 'roof',
    plantId: PLANT,
    secret: () => PASSWORD,
    log: createLogger({ logLevel: 'silent', logFormat: 'json' }),
  })
  if (!('read' in opened)) throw new Error('Expected a source that is polled')
  const source = opening.use(opened)
  const open = opening.move()
  return {
    read: async ({ charge, discharge, import: comes, export: goes, pv }, at) => {
      const flow = {
        ...dayFlow,
        ...{ pvPower: pv, pvTo: pv > 0 },
        ...{ battPower: charge ?? discharge, toBat: charge !== undefined },
        ...{ batTo: discharge !== undefined, gridTo: comes !== undefined },
        ...{ gridOrMeterPower: comes ?? goes, toGrid: goes !== undefined },
      }
      // What the inverter says of its battery and its strings is of no matter here.
      upload(cloud, new Date(at / 1000).toISOString(), { flow, battery: {}, input: {} })
      return (await source.read(at + MINUTE, signal)).readings[0]
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** `cannot`: why it cannot be tried here, for the name of the test. */
const ways: [name: string, open: () => Promise<Way>, cannot?: string][] = [
  ['Modbus, one phase', () => openModbus('sol-ark', registers)],
  ['Modbus, three phases', () => openModbus('deye-three-phase', threePhaseRegisters)],
  ['a Solarman logger', openSolarman],
  ['the sunsynk add-on', openSunsynk, skipped],
  ['SolarAssistant', openSolarAssistant, skipped],
  ["Home Assistant's statestream", openStatestream, skipped],
  ["Sol-Ark's cloud", openCloud],
]

for (const [name, open, isSkipped] of ways) {
  test.skipIf(isSkipped)(
    `each direction comes out of the API as it went in by ${name}`,
    async () => {
      await using api = await openTestApi('native')
      await using way = await open()
      for (const [index, [situation, said]] of Object.entries(situations).entries()) {
        // A day each, so that no line leads from one to the next.
        const begin = FIRST_DAY + index * 24 * 60 * MINUTE
        const measured = await way.read(said, begin)
        if (measured === undefined) throw new Error(`${situation}: no reading`)
        expect(measured.timestamp).toBe(begin)
        const readings = [measured, { ...measured, timestamp: begin + 10 * MINUTE }]
        const now = begin + 10 * MINUTE
        await recordReadings(api.database.kysely, readings, { onDuplicate: 'KEEP', now })
        const date = new Date(begin / 1000).toISOString().slice(0, 10)
        const { latestEnergy, energy } = await api.ask(Directions, {
          ...{ plantId: PLANT, from: date, to: date },
        })
        const { charge = 0, discharge = 0, import: comes = 0, export: goes = 0, pv } = said
        expect(latestEnergy, situation).toEqual({
          ...{ batteryCharge: charge, batteryDischarge: discharge },
          ...{ gridImport: comes, gridExport: goes, pvPower: pv },
        })
        const kWh = (watts: number) => expect.closeTo(watts / 6000, 9)
        expect(energy, situation).toEqual([
          {
            energy: {
              ...{ batteryCharge: kWh(charge), batteryDischarge: kWh(discharge) },
              ...{ gridImport: kWh(comes), gridExport: kWh(goes), pv: kWh(pv) },
            },
          },
        ])
      }
    },
  )
}
