import { z } from 'zod'
import { Fault } from '../../fault.ts'
import type { SourceKind } from '../source.ts'
import { inverterSettings, pollInterval, portNumber, unitNumber } from './inverter-settings.ts'
import { InverterSource } from './inverter-source.ts'
import { ModbusLine } from './line/modbus-line.ts'
import { nameTransport } from './line/wire.ts'
import { models } from './maps/models.ts'

const host = z.string().min(1).describe('Name or address of the logger in the local network.')
const port = portNumber.default(8899).describe('TCP port of the logger.')
const serial = z
  .int()
  .min(1)
  .max(0xffff_ffff)
  .describe('Serial number of the logger, as it is printed on it; not that of the inverter.')

const settings = z.strictObject({
  host: host.optional(),
  port,
  serial: serial.optional(),
  unitId: unitNumber.default(1),
  units: z
    .array(z.strictObject({ host, port, serial, unitId: unitNumber.default(1) }))
    .min(1)
    .optional()
    .describe(
      'All inverters of the plant, if there are several with a logger each, instead of "host" and "serial". Powers ' +
        'are added up; if one does not answer they have no value.',
    ),
  every: pollInterval('PT10S'),
  ...inverterSettings,
})

export type SolarmanSettings = z.output<typeof settings>

/** A logger falls silent for longer if it is asked again at once after it failed. */
const REST = { firstMs: 5000, mostMs: 60_000 }

/**
 * Inverters of Deye, Sunsynk and Sol-Ark through their Solarman Wi-Fi logger in the local network. Readings have the
 * time of the poll: what is asked is measured now, and the times in the logger's frames are those of its own clock.
 */
export const solarmanKind = {
  kind: 'solarman',
  settings,
  everyMs: ({ every }) => every,
  open: (chosen, { plantId, log }) => {
    const { generatorPort, sharedBattery, model, timeout } = chosen
    const lines = new Map<string, ModbusLine>()
    const inverters = loggersOf(chosen).map(({ unitId, host, port, serial }) => {
      const transport = { kind: 'solarman' as const, host, port, serial }
      // A logger takes one connection, however many inverters are behind it.
      const line = lines.getOrInsertComputed(
        `${nameTransport(transport)} ${serial}`,
        () => new ModbusLine({ transport, timeoutMs: timeout, rest: REST }),
      )
      return { unitId, line }
    })
    return new InverterSource({
      plantId,
      map: models[model],
      generatorPort,
      sharedBattery,
      inverters,
      log,
    })
  },
} satisfies SourceKind<SolarmanSettings>

function loggersOf({ units, host, port, serial, unitId }: SolarmanSettings) {
  if (units !== undefined) {
    if (host === undefined && serial === undefined) return units
    throw refused(
      'units',
      'leave "host" and "serial" out, or "units": each unit has its own logger',
    )
  }
  if (host === undefined) throw refused('host', 'expected the address of the logger')
  if (serial === undefined)
    throw refused('serial', 'expected the number that is printed on the logger')
  return [{ host, port, serial, unitId }]
}

function refused(setting: string, what: string): Fault {
  return new Fault('CONFIGURATION_INVALID', `"${setting}": ${what}`, { path: [setting] })
}
