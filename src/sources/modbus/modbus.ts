import { z } from 'zod'
import { Fault } from '../../fault.ts'
import type { SourceKind } from '../source.ts'
import { inverterSettings, pollInterval, portNumber, unitNumber } from './inverter-settings.ts'
import { type Inverter, InverterSource } from './inverter-source.ts'
import { ModbusLine } from './line/modbus-line.ts'
import type { Transport } from './line/wire.ts'
import { models } from './maps/models.ts'

const settings = z.strictObject({
  transport: z
    .enum(['tcp', 'rtu', 'rtu-over-tcp'])
    .default('tcp')
    .describe(
      'tcp: Modbus TCP, as most gateways speak it. rtu: a serial port of this machine. rtu-over-tcp: a gateway that ' +
        'passes serial bytes through as they are.',
    ),
  host: z
    .string()
    .min(1)
    .optional()
    .describe('Name or address of the gateway, for tcp and rtu-over-tcp.'),
  port: portNumber.default(502).describe('TCP port of the gateway.'),
  path: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The serial port for rtu, such as /dev/ttyUSB0 or COM3; 8 data bits, no parity, 1 stop bit.',
    ),
  baudRate: z.int().min(300).max(921_600).default(9600).describe('Speed of the serial port.'),
  unitId: unitNumber.default(1),
  units: z
    .array(z.union([unitNumber, z.string().min(1)]))
    .min(1)
    .optional()
    .describe(
      'All inverters of the plant, if there are several: the number of each on the same line, or the host of its own ' +
        'gateway, where it has the number "unitId". Powers are added up; if one does not answer they have no value.',
    ),
  every: pollInterval('PT5S'),
  ...inverterSettings,
})

export type ModbusSettings = z.output<typeof settings>

/** Inverters of Sol-Ark, Deye and Sunsynk by Modbus: TCP, RTU on a serial port, and RTU passed through TCP. */
export const modbusKind = {
  kind: 'modbus',
  settings,
  everyMs: ({ every }) => every,
  open: (chosen, { plantId, log }) => {
    const { generatorPort, sharedBattery, model } = chosen
    const inverters = invertersOf(chosen)
    return new InverterSource({
      plantId,
      map: models[model],
      generatorPort,
      sharedBattery,
      inverters,
      log,
    })
  },
} satisfies SourceKind<ModbusSettings>

function invertersOf({ units, unitId, timeout, ...chosen }: ModbusSettings): Inverter[] {
  const lines = new Map<string | undefined, ModbusLine>()
  return (units ?? [unitId]).map((unit) => {
    const host = typeof unit === 'string' ? unit : chosen.host
    const line = lines.getOrInsertComputed(
      host,
      () => new ModbusLine({ transport: transportOf({ ...chosen, host }), timeoutMs: timeout }),
    )
    return { line, unitId: typeof unit === 'number' ? unit : unitId }
  })
}

function transportOf(
  chosen: Pick<ModbusSettings, 'transport' | 'host' | 'port' | 'path' | 'baudRate'>,
): Transport {
  const { transport, host, port, path, baudRate } = chosen
  if (transport === 'rtu') {
    if (path === undefined)
      throw missing('path', transport, 'the serial port, such as /dev/ttyUSB0')
    if (host !== undefined) throw superfluous('host', transport)
    return { kind: transport, path, baudRate }
  }
  if (host === undefined) throw missing('host', transport, 'the address of the gateway')
  if (path !== undefined) throw superfluous('path', transport)
  return { kind: transport, host, port }
}

function missing(setting: string, transport: string, what: string): Fault {
  return new Fault(
    'CONFIGURATION_INVALID',
    `"${setting}" is missing: expected ${what}, since "transport" is ${transport}`,
    { path: [setting] },
  )
}

function superfluous(setting: string, transport: string): Fault {
  return new Fault(
    'CONFIGURATION_INVALID',
    `"${setting}" has no meaning where "transport" is ${transport}: leave one of them out`,
    { path: [setting] },
  )
}
