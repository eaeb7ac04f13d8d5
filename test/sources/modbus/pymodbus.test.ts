import { expect, test } from 'vitest'
import type { z } from 'zod'
import { modbusKind } from '../../../src/sources/modbus/modbus.ts'
import { hasPymodbus, openPymodbus } from './pymodbus.ts'
import { context, day, NOON, situations } from './registers.ts'

const skipped = hasPymodbus ? '' : ': skipped, there is no python3-pymodbus'
if (!hasPymodbus) console.warn(`Modbus is not tried against pymodbus${skipped}`)

const { signal } = new AbortController()
const transports = ['tcp', 'rtu-over-tcp', 'rtu'] as const

function open(
  transport: (typeof transports)[number],
  at: string,
  settings: Partial<z.input<typeof modbusKind.settings>> = {},
) {
  const place = transport === 'rtu' ? { path: at } : { host: '127.0.0.1', port: Number(at) }
  const all = { transport, ...place, model: 'sol-ark' as const, ...settings }
  return modbusKind.open(modbusKind.settings.parse(all), context)
}

for (const transport of transports) {
  test.skipIf(!hasPymodbus)(
    `pymodbus is read by ${transport}, in each situation${skipped}`,
    async () => {
      const all = Object.values(situations)
      const units = Object.fromEntries(all.map(({ words }, index) => [index + 1, words]))
      await using server = await openPymodbus(transport, units)
      for (const [index, { values }] of all.entries()) {
        await using source = open(transport, server.at, { unitId: index + 1 })
        const { readings } = await source.read(NOON, signal)
        expect(readings[0]).toMatchObject({ ...values, soc: 81, batteryVoltage: 53.6 })
      }
    },
  )

  test.skipIf(!hasPymodbus)(
    `inverters on one line of pymodbus by ${transport} are one plant, and null if one is away${skipped}`,
    async () => {
      await using server = await openPymodbus(transport, { 1: day, 2: day })
      await using both = open(transport, server.at, { units: [1, 2] })
      expect((await both.read(NOON, signal)).readings[0]).toMatchObject({ gridPower: -3970 })
      await both[Symbol.asyncDispose]()
      await using three = open(transport, server.at, { units: [1, 2, 9], timeout: 'PT2S' })
      const { readings, omitted } = await three.read(NOON, signal)
      expect(readings[0]).toMatchObject({ gridPower: null, soc: 81 })
      expect(omitted.find(({ field }) => field === 'gridPower')?.reason).toMatch(
        /^unit 9 at .* gave nothing: .*no answer within 2000 ms/,
      )
    },
  )
}

test.skipIf(!hasPymodbus)(
  `on a line without transaction numbers, what is asked at once is asked in turn${skipped}`,
  async () => {
    await using server = await openPymodbus('rtu-over-tcp', {
      1: day,
      2: { ...day, 70: 5, 184: 12 },
    })
    await using source = open('rtu-over-tcp', server.at, { units: [1, 2], sharedBattery: true })
    const [polled, counters, again] = await Promise.all([
      source.read(NOON, signal),
      source.readCounters(NOON, signal),
      source.read(NOON, signal),
    ])
    expect(polled.readings[0]).toMatchObject({ gridPower: -3970, soc: 81 })
    const timestamp = NOON
    expect(counters).toContainEqual({
      timestamp,
      energy: 'batteryCharge',
      span: 'TODAY',
      kwh: { 'unit 1': 13.4, 'unit 2': 0.5 },
    })
    expect(again.readings).toEqual(polled.readings)
  },
)

test.skipIf(!hasPymodbus)(
  `an exception of pymodbus names unit, registers and what it is${skipped}`,
  async () => {
    await using server = await openPymodbus('rtu-over-tcp', { 1: day })
    await using source = open('rtu-over-tcp', server.at, { model: 'deye-three-phase' })
    await expect(source.read(NOON, signal)).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringMatching(
        /^Asked for registers 625 to 679 of unit 1 at .*exception 2, illegal data address/,
      ),
    })
  },
)

test.skipIf(!hasPymodbus)(
  `a gateway of the other protocol is told by its silence${skipped}`,
  async () => {
    await using server = await openPymodbus('rtu-over-tcp', { 1: day })
    await using source = open('tcp', server.at, { timeout: 'PT0.3S' })
    await expect(source.read(NOON, signal)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('some gateways speak rtu-over-tcp'),
    })
  },
)

test('a serial port that is not there is named, with what to check', async () => {
  await using source = open('rtu', '/dev/ttyHELIOGRAPH')
  await expect(source.read(NOON, signal)).rejects.toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    message: expect.stringMatching(/\/dev\/ttyHELIOGRAPH.*Check "path", "baudRate"/s),
  })
})
