import { describe, expect, test } from 'vitest'
import { modbusKind } from '../../../src/sources/modbus/modbus.ts'
import { recordReadings } from '../../../src/telemetry/record.ts'
import { graphql } from '../../generated/gql.ts'
import { openTestApi } from '../../support/api.ts'
import { engines } from '../../support/database.ts'
import { openModbusServer } from './modbus-server.ts'
import { context, NOON, PLANT, situations } from './registers.ts'

const EnergyOfDirections = graphql(`
  query EnergyOfDirections($plantId: Int!, $from: Date!, $to: Date!) {
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

const directions = ['batteryCharge', 'batteryDischarge', 'gridExport', 'gridImport', 'pv'] as const

const HOUR = 3_600_000_000

describe.each(engines)('energy of an inverter on %s', (engine) => {
  test('an hour of each situation becomes kWh of the right direction', async () => {
    await using api = await openTestApi(engine)
    await using server = await openModbusServer({})
    const settings = { host: '127.0.0.1', port: server.port, model: 'sol-ark' as const }
    await using source = modbusKind.open(modbusKind.settings.parse(settings), context)
    const { signal } = new AbortController()
    const all = Object.values(situations)
    for (const [index, { words }] of all.entries()) {
      server.units = { 1: words }
      // A day each, so that no line leads from one to the next.
      const begin = NOON + index * 24 * HOUR
      const polls = Array.from({ length: 13 }, (_, step) => begin + (step * HOUR) / 12)
      const readings = []
      for (const at of polls) readings.push(...(await source.read(at, signal)).readings)
      const options = { onDuplicate: 'KEEP', onInvalid: 'REFUSE', now: begin + HOUR } as const
      await recordReadings(api.services.database.kysely, readings, options)
    }
    const variables = { from: '2026-06-21', to: '2026-06-25', plantId: PLANT }
    const { energy } = await api.ask(EnergyOfDirections, variables)
    const days = energy.map((day) => day.energy)
    expect(days).toHaveLength(all.length)
    for (const [index, { values }] of all.entries()) {
      const { batteryPower, gridPower, pvPower } = values
      const expected = {
        batteryCharge: Math.max(0, -batteryPower) / 1000,
        batteryDischarge: Math.max(0, batteryPower) / 1000,
        gridExport: Math.max(0, -gridPower) / 1000,
        gridImport: Math.max(0, gridPower) / 1000,
        pv: pvPower / 1000,
      }
      for (const name of directions) {
        expect(days[index]?.[name], `${name}, ${index}`).toBeCloseTo(expected[name], 9)
      }
    }
  })
})
