import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { freePort } from '../../../src/database/embedded/spawn-postgres.ts'
import { crc16 } from '../../../src/sources/modbus/line/rtu-framing.ts'
import { type ModbusSettings, modbusKind } from '../../../src/sources/modbus/modbus.ts'
import { openModbusServer, openScriptedServer } from './modbus-server.ts'
import { context, day, NOON, PLANT, situations, word } from './registers.ts'

const { signal } = new AbortController()

/** A source with these settings, for a Sol-Ark at 127.0.0.1 if they do not say otherwise. */
function open(settings: Partial<z.input<typeof modbusKind.settings>>) {
  const all = { host: '127.0.0.1', model: 'sol-ark', ...settings }
  return modbusKind.open(modbusKind.settings.parse(all), context)
}

test('a Sol-Ark at noon is read as it is', async () => {
  await using server = await openModbusServer({ 1: day })
  await using source = open({ port: server.port })
  const { readings, omitted } = await source.read(NOON, signal)
  expect(readings).toEqual([
    {
      plantId: PLANT,
      timestamp: NOON,
      soc: 81,
      batteryPower: -2310,
      batteryVoltage: 53.6,
      batteryCurrent: -43.1,
      batteryTemperature: 27.4,
      pvPower: 7420,
      pvVoltage: 378.6,
      pvCurrent: 19.6,
      loadPower: 2960,
      gridPower: -1985,
      generatorPower: 0,
      inverterTemperature: null,
      pvToGrid: null,
      gridToLoad: null,
      pvToLoad: null,
      pvToBattery: null,
      batteryToLoad: null,
    },
  ])
  // The sample has no temperature of the heat sink: the register is 0, which would be -100 °C.
  expect(omitted).toEqual([
    {
      field: 'inverterTemperature',
      reason: 'register 91 shows 0, which makes -100; expected -60 to 150 °C',
    },
  ])
})

for (const [situation, { words, values }] of Object.entries(situations)) {
  test(`signs are right while ${situation}`, async () => {
    await using server = await openModbusServer({ 1: words })
    await using source = open({ port: server.port })
    const { readings } = await source.read(NOON, signal)
    expect(readings[0]).toMatchObject(values)
  })
}

test('a poll takes two requests, each of neighbouring registers, and once a minute one for the counters', async () => {
  await using server = await openModbusServer({ 1: day })
  await using source = open({ port: server.port })
  const poll: typeof server.asked = [
    [1, 91, 24],
    [1, 166, 26],
  ]
  const counters: typeof server.asked = [[1, 70, 39]]
  const given = []
  for (const second of [0, 5, 59, 60]) {
    given.push(await source.read(NOON + second * 1_000_000, signal))
  }
  expect(server.asked).toEqual([...poll, ...counters, ...poll, ...poll, ...poll, ...counters])
  expect(given.map(({ counters = [] }) => counters.length)).toEqual([12, 0, 0, 12])
})

test('the inverter counts kWh by itself', async () => {
  await using server = await openModbusServer({ 1: { ...day, 78: 22_106, 80: 1, 73: 2 } })
  await using source = open({ port: server.port })
  const counters = await source.readCounters(NOON, signal)
  const shown = (span: string) =>
    Object.fromEntries(
      counters.filter((one) => one.span === span).map(({ energy, kwh }) => [energy, kwh['unit 1']]),
    )
  expect(counters[0]?.timestamp).toBe(NOON)
  expect(shown('TODAY')).toEqual({
    batteryCharge: 13.4,
    batteryDischarge: 6.2,
    gridImport: 1.1,
    gridExport: 9.8,
    load: 24.9,
    pv: 38.6,
  })
  // The high word counts 6553.6 kWh; that of the import is two registers on, behind the frequency.
  expect(shown('TOTAL')).toMatchObject({
    gridImport: 8764.2,
    gridExport: 5144,
    batteryCharge: 13_107.2,
  })
})

test('counters that cannot be read, or not of every inverter, take nothing from the reading', async () => {
  await using server = await openModbusServer({ 1: { ...day, 96: 0xffff, 97: 0xffff }, 2: day })
  await using source = open({ port: server.port, units: [1, 2] })
  const { counters = [] } = await source.read(NOON, signal)
  const told = counters.map(({ energy, span }) => `${energy} ${span}`)
  expect(told).toContain('load TOTAL')
  expect(told).not.toContain('pv TOTAL')
  expect(counters.every(({ kwh }) => Object.keys(kwh).join() === 'unit 1,unit 2')).toBe(true)

  await using three = open({ port: server.port, model: 'deye-three-phase' })
  server.units = { 1: {} }
  expect((await three.read(NOON, signal)).counters).not.toEqual([])
})

test('what is counted at the generator terminals is of what is connected there', async () => {
  await using server = await openModbusServer({ 1: { ...day, 536: 12 } })
  for (const [generatorPort, told] of [
    ['generator', ['generator', 'pv']],
    ['micro-inverters', []],
    ['load', ['pv']],
  ] as const) {
    const model = 'deye-three-phase'
    await using source = open({ port: server.port, model, generatorPort })
    const counters = await source.readCounters(NOON, signal)
    const energies = new Set<string>(counters.map(({ energy }) => energy))
    expect(['generator', 'pv'].filter((energy) => energies.has(energy))).toEqual(told)
  }
})

test('more than a register can hold is read from the legs', async () => {
  // 41 kW through a Sol-Ark: the sum of both legs ends at 32,767 W and shows -24,536 W.
  const legs = {
    167: 20_500,
    168: 20_500,
    169: word(41_000),
    176: 19_000,
    177: 21_900,
    178: 40_900,
  }
  await using server = await openModbusServer({ 1: { ...day, ...legs } })
  await using source = open({ port: server.port })
  const reading = async () => (await source.read(NOON, signal)).readings[0]
  expect(await reading()).toMatchObject({ gridPower: 41_000, loadPower: 40_900 })
  server.units = { 1: { ...day, 167: word(-20_500), 168: word(-20_500), 169: word(-41_000) } }
  expect(await reading()).toMatchObject({ gridPower: -41_000 })
  // Legs of something else, as in single-phase inverters, do not count.
  server.units = { 1: { ...day, 167: 20_500, 168: 20_500, 169: word(-1985) } }
  expect(await reading()).toMatchObject({ gridPower: -1985 })
})

test('volts and amperes of PV are those of all strings that deliver', async () => {
  await using server = await openModbusServer({ 1: day })
  await using source = open({ port: server.port })
  const read = async (words: Record<number, number>) => {
    server.units = { 1: { ...day, ...words } }
    const { readings, omitted } = await source.read(NOON, signal)
    const { pvVoltage, pvCurrent } = readings[0] ?? {}
    const reasons = omitted.filter(({ field }) => field === 'pvVoltage' || field === 'pvCurrent')
    return { pvVoltage, pvCurrent, reasons: reasons.map(({ reason }) => reason) }
  }
  // Strings of different lengths: 300 V * 10 A + 150 V * 5 A are 3750 W at 15 A.
  const unequal = { 109: 3000, 110: 100, 111: 1500, 112: 50, 186: 3000, 187: 750 }
  expect(await read(unequal)).toEqual({ pvVoltage: 250, pvCurrent: 15, reasons: [] })
  // Nothing is connected to the second input, which shows its offset.
  const one = { 109: 915, 110: 1, 111: 24, 112: 1, 186: 9, 187: 0 }
  expect(await read(one)).toEqual({ pvVoltage: 91.5, pvCurrent: 0.1, reasons: [] })
  const dark = { 109: 24, 110: 0, 111: 0, 112: 0, 186: 0, 187: 0 }
  expect(await read(dark)).toEqual({ pvVoltage: null, pvCurrent: 0, reasons: [] })
  // No register of a fourth string is known.
  const fourth = await read({ 189: 2000 })
  expect(fourth).toMatchObject({ pvVoltage: null, pvCurrent: null })
  expect(fourth.reasons).toEqual([
    'registers 109, 111 and 113 show 3860, 3712, 0, which does not tell that of each PV string',
    'registers 110, 112 and 114 show 98, 98, 0, which does not tell that of each PV string',
  ])
})

test('the 16 kW model counts the power of the grid in steps of 10 W', async () => {
  await using server = await openModbusServer({ 1: { ...day, 169: word(-812) } })
  await using source = open({ port: server.port, model: 'sol-ark-16k' })
  const { readings } = await source.read(NOON, signal)
  expect(readings[0]).toMatchObject({ gridPower: -8120, batteryPower: -2310 })
})

test('three phases: charging and exporting, discharging and importing', async () => {
  const threePhases = {
    541: 1485,
    586: 1240,
    587: 5210,
    588: 64,
    590: word(-4100),
    591: word(-7870),
    625: word(-3200),
    653: 1400,
    667: 600,
    672: 4000,
    673: 4100,
    676: 6123,
    677: 65,
    678: 6100,
    679: 67,
  }
  await using server = await openModbusServer({ 1: threePhases })
  await using source = open({ port: server.port, model: 'deye-three-phase' })
  const { readings, omitted } = await source.read(NOON, signal)
  expect(omitted).toEqual([])
  expect(readings[0]).toMatchObject({
    soc: 64,
    batteryPower: -4100,
    batteryVoltage: 52.1,
    batteryCurrent: -78.7,
    batteryTemperature: 24,
    pvPower: 8100,
    pvVoltage: 611.133,
    pvCurrent: 13.2,
    loadPower: 1400,
    gridPower: -3200,
    generatorPower: 600,
    inverterTemperature: 48.5,
  })
  server.units = { 1: { ...threePhases, 590: 4100, 591: 7870, 625: 3200, 672: 0, 673: 0 } }
  expect((await source.read(NOON, signal)).readings[0]).toMatchObject({
    batteryPower: 4100,
    batteryCurrent: 78.7,
    gridPower: 3200,
    pvPower: 0,
  })
})

test('three phases with a high-voltage battery have other steps, and two batteries', async () => {
  const words = { 587: 5123, 588: 50, 590: word(-500), 591: word(-980), 594: 20, 595: 10, 672: 812 }
  await using server = await openModbusServer({ 1: words })
  await using source = open({ port: server.port, model: 'deye-three-phase-hv' })
  const { readings } = await source.read(NOON, signal)
  expect(readings[0]).toMatchObject({
    batteryPower: -4900,
    batteryVoltage: 512.3,
    batteryCurrent: -9.6,
    pvPower: 8120,
  })
})

test("power at the generator's terminals is what comes in, of what is connected there", async () => {
  await using server = await openModbusServer({ 1: { ...day, 166: word(-900) } })
  await using generator = open({ port: server.port })
  await using micro = open({ port: server.port, generatorPort: 'micro-inverters' })
  await using load = open({ port: server.port, generatorPort: 'load' })
  const of = async (source: typeof generator) => (await source.read(NOON, signal)).readings[0]
  expect(await of(generator)).toMatchObject({ generatorPower: 900, pvPower: 7420 })
  expect(await of(micro)).toMatchObject({ generatorPower: null, pvPower: 8320 })
  expect(await of(load)).toMatchObject({ generatorPower: null, pvPower: 7420 })
  expect(generator.originOf('pvPower')).toBe('registers 186, 187, 188 and 189')
  expect(micro.originOf('pvPower')).toBe('registers 186, 187, 188, 189 and 166')
  expect(load.originOf('generatorPower')).toBeUndefined()
  // Out, to a load: no generator gives that.
  server.units = { 1: { ...day, 166: 1500 } }
  expect(await of(generator)).toMatchObject({ generatorPower: 0, pvPower: 7420 })
  expect(await of(micro)).toMatchObject({ generatorPower: null, pvPower: 7420 })
})

test('a word that cannot be takes its quantity, with the register named, and nothing else', async () => {
  const broken = { ...day, 91: 1400, 182: 0, 183: 65_535, 184: 65_535, 187: 65_530, 190: 0x8000 }
  await using server = await openModbusServer({ 1: broken })
  await using source = open({ port: server.port })
  const { readings, omitted } = await source.read(NOON, signal)
  expect(readings[0]).toMatchObject({
    soc: null,
    batteryVoltage: null,
    batteryPower: null,
    batteryTemperature: null,
    pvPower: null,
    batteryCurrent: -43.1,
    gridPower: -1985,
    loadPower: 2960,
  })
  expect(Object.fromEntries(omitted.map(({ field, reason }) => [field, reason]))).toEqual({
    soc: 'register 184 shows 65535, which is no measurement',
    batteryPower: 'register 190 shows 32768, which is no measurement',
    batteryVoltage: 'register 183 shows 65535, which is no measurement',
    batteryTemperature: 'register 182 shows 0: no battery management system reports a temperature',
    pvPower: 'registers 186, 187, 188 and 189 show 3783, 65530, 0, 0, which is no measurement',
  })
  // What is wrong by too much is not corrected: 250 % is no state of charge.
  server.units = { 1: { ...day, 91: 1400, 184: 250 } }
  expect((await source.read(NOON, signal)).omitted).toEqual([
    { field: 'soc', reason: 'register 184 shows 250, which makes 250; expected 0 to 100 %' },
  ])
})

test('a value just beside what can be is left to whoever stores it', async () => {
  await using server = await openModbusServer({ 1: { ...day, 91: 1400, 178: word(-20), 184: 101 } })
  await using source = open({ port: server.port })
  const { readings, omitted } = await source.read(NOON, signal)
  expect(omitted).toEqual([])
  expect(readings[0]).toMatchObject({ soc: 101, loadPower: -20 })
})

test('several inverters on a line are one plant, whose battery they share', async () => {
  const second = {
    ...day,
    91: 1512,
    184: 12,
    183: 5000,
    190: word(-1000),
    191: word(-2000),
    169: 85,
  }
  await using server = await openModbusServer({ 1: { ...day, 91: 1400 }, 2: second })
  await using source = open({ port: server.port, units: [1, 2] })
  const { readings, omitted } = await source.read(NOON, signal)
  expect(omitted).toEqual([])
  expect(readings).toHaveLength(1)
  expect(readings[0]).toMatchObject({
    plantId: PLANT,
    batteryPower: -3310,
    batteryCurrent: -63.1,
    gridPower: -1900,
    loadPower: 5920,
    pvPower: 14_840,
    soc: 81,
    batteryVoltage: 53.6,
    batteryTemperature: 27.4,
    inverterTemperature: 51.2,
    pvCurrent: 39.2,
    pvVoltage: 378.6,
  })
})

test('inverters with a battery each have no common state of charge', async () => {
  await using server = await openModbusServer({ 1: { ...day, 91: 1400 }, 2: { ...day, 91: 1400 } })
  await using source = open({ port: server.port, units: [1, 2], sharedBattery: false })
  const { readings, omitted } = await source.read(NOON, signal)
  expect(readings[0]).toMatchObject({
    soc: null,
    batteryVoltage: null,
    batteryTemperature: null,
    batteryPower: -4620,
  })
  expect(omitted.map(({ field }) => field)).toEqual(['soc', 'batteryVoltage', 'batteryTemperature'])
})

test('if one of several does not answer, there are no sums', async () => {
  await using server = await openModbusServer({ 1: { ...day, 91: 1400 } })
  await using source = open({ port: server.port, units: [1, 2], timeout: 'PT0.2S' })
  const { readings, omitted } = await source.read(NOON, signal)
  expect(readings[0]).toMatchObject({
    batteryPower: null,
    batteryCurrent: null,
    gridPower: null,
    loadPower: null,
    pvPower: null,
    generatorPower: null,
    inverterTemperature: null,
    soc: 81,
    batteryVoltage: 53.6,
  })
  const reason = omitted.find(({ field }) => field === 'gridPower')?.reason
  expect(reason).toMatch(/^unit 2 at 127\.0\.0\.1:\d+ gave nothing: .* no answer within 200 ms/)

  // It answers again: so do the sums.
  server.units = { 1: day, 2: day }
  expect((await source.read(NOON, signal)).readings[0]).toMatchObject({ gridPower: -3970 })
})

test('if the first of several does not answer, its battery is not known', async () => {
  await using server = await openModbusServer({ 2: day })
  await using source = open({ port: server.port, units: [1, 2], timeout: 'PT0.2S' })
  const { readings } = await source.read(NOON, signal)
  expect(readings[0]).toMatchObject({ soc: null, batteryPower: null, pvVoltage: null })
})

test('inverters behind a gateway each are one plant', async () => {
  await using server = await openModbusServer({ 1: day })
  await using source = open({
    port: server.port,
    host: undefined,
    units: ['127.0.0.1', 'localhost'],
  })
  const { readings } = await source.read(NOON, signal)
  expect(readings[0]).toMatchObject({ gridPower: -3970, soc: 81 })
})

test('a refusal of the device names unit, registers and the exception', async () => {
  await using server = await openModbusServer({ 3: day })
  server.last = 180
  await using source = open({ port: server.port, unitId: 3 })
  await expect(source.read(NOON, signal)).rejects.toMatchObject({
    code: 'SOURCE_INVALID',
    message:
      `Asked for registers 166 to 191 of unit 3 at 127.0.0.1:${server.port}: ` +
      'it answered with the Modbus exception 2, illegal data address. ' +
      'It has no such registers: check "model".',
  })
  // The connection is as good as before.
  server.last = 200
  expect((await source.read(NOON, signal)).readings[0]).toMatchObject({ soc: 81 })
})

test('where nothing listens, the message says where and what to check, and a later poll finds it', async () => {
  const port = await freePort()
  await using source = open({ port })
  await expect(source.read(NOON, signal)).rejects.toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    message: expect.stringMatching(
      /^Asked for registers 91 to 114 of unit 1 at 127\.0\.0\.1:\d+: connect ECONNREFUSED .* Check "host"/,
    ),
  })
})

test('a lost connection is made again by the next poll', async () => {
  await using server = await openModbusServer({ 1: day })
  await using source = open({ port: server.port })
  for (let round = 0; round < 3; round += 1) {
    expect((await source.read(NOON, signal)).readings[0]).toMatchObject({ soc: 81 })
    await server.drop()
  }
  server.isSilent = true
  const reading = source.read(NOON, signal)
  const failed = expect(reading).rejects.toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    message: expect.stringContaining('the connection was closed'),
  })
  // Three polls, and the counters in the first of them.
  await expect.poll(() => server.asked.length).toBe(8)
  await server.drop()
  await failed
  server.isSilent = false
  expect((await source.read(NOON, signal)).readings[0]).toMatchObject({ soc: 81 })
})

test('a gateway that closed a kept connection is asked again at once, but only once', async () => {
  let asked = 0
  await using server = await openScriptedServer((socket, request) => {
    asked += 1
    // The first poll asks for the counters, too.
    if (asked === 4 || asked > 6) socket.destroy()
    else answerTcp(socket, request, () => 90)
  })
  await using source = open({ port: server.port })
  for (const connections of [1, 2]) {
    expect((await source.read(NOON, signal)).readings[0]).toMatchObject({ soc: 90 })
    expect(server.connections).toBe(connections)
  }
  await expect(source.read(NOON, signal)).rejects.toThrow('the connection was closed')
  expect(server.connections).toBe(3)
})

for (const [transport, answer] of [
  ['tcp', answerTcp],
  ['rtu-over-tcp', answerRtu],
] as const) {
  test(`a late answer by ${transport} is not taken for the next one`, async () => {
    // Answers the first question only when the second comes, just before that.
    let withheld: (() => void) | undefined
    let asked = 0
    await using server = await openScriptedServer((socket, request) => {
      asked += 1
      if (asked === 1) {
        withheld = () => answer(socket, request, () => 10)
      } else {
        withheld?.()
        withheld = undefined
        answer(socket, request, () => 90)
      }
    })
    await using source = open({ transport, port: server.port, timeout: 'PT0.2S' })
    await expect(source.read(NOON, signal)).rejects.toThrow('no answer within 200 ms')
    const { readings, omitted } = await source.read(NOON, signal)
    expect(readings[0]).toMatchObject({ soc: 90, loadPower: 90 })
    expect(omitted.map(({ reason }) => reason).join()).toContain('register 91 shows 90,')
    expect(server.connections).toBe(2)
  })
}

test('an answer to another question is passed over', async () => {
  await using server = await openScriptedServer((socket, request) => {
    const other = Buffer.from(request)
    other.writeUInt16BE(request.readUInt16BE(0) + 100, 0)
    answerTcp(socket, other, () => 10)
    answerTcp(socket, request, () => 90)
  })
  await using source = open({ port: server.port, timeout: 'PT1S' })
  expect((await source.read(NOON, signal)).readings[0]).toMatchObject({ soc: 90 })
})

test('something else that listens there is told from a gateway', async () => {
  await using server = await openScriptedServer((socket) => {
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  })
  await using source = open({ port: server.port, timeout: 'PT0.2S' })
  await expect(source.read(NOON, signal)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' })
})

test('stopping in the middle of a question leaves no connection', async () => {
  await using server = await openScriptedServer(() => {})
  await using source = open({ port: server.port, timeout: 'PT1M' })
  const stop = new AbortController()
  const reading = source.read(NOON, stop.signal)
  const failed = expect(reading).rejects.toThrow('the server stops')
  await expect.poll(() => server.sockets.size).toBe(1)
  stop.abort(new Error('the server stops'))
  await failed
  await expect.poll(() => server.sockets.size).toBe(0)
  await expect(source.read(NOON, stop.signal)).rejects.toThrow('the server stops')
})

test('a source that is closed gives up what it asks and what waits, and connects no more', async () => {
  await using server = await openScriptedServer(() => {})
  const source = open({ port: server.port, units: [1, 2], timeout: 'PT1M' })
  const reading = source.read(NOON, signal)
  const failed = expect(reading).rejects.toThrow('is closed')
  await expect.poll(() => server.sockets.size).toBe(1)
  await source[Symbol.asyncDispose]()
  await failed
  await expect(source.read(NOON, signal)).rejects.toThrow('is closed')
  expect(server.connections).toBe(1)
  await expect.poll(() => server.sockets.size).toBe(0)
})

test('one connection is kept from poll to poll, and closed with the source', async () => {
  await using server = await openModbusServer({ 1: day })
  {
    await using source = open({ port: server.port })
    for (let poll = 0; poll < 5; poll += 1) await source.read(NOON, signal)
    expect(server.connections).toBe(1)
  }
  await expect.poll(() => server.connections).toBe(0)
})

test('settings that do not fit together are refused with their name', () => {
  const refused = (settings: Parameters<typeof open>[0]) => expect(() => open(settings))
  refused({ transport: 'rtu' }).toThrow('"path" is missing')
  refused({ transport: 'rtu', path: '/dev/ttyUSB0' }).toThrow('"host" has no meaning')
  refused({ host: undefined }).toThrow('"host" is missing')
  refused({ path: '/dev/ttyUSB0' }).toThrow('"path" has no meaning')
  refused({ unitId: 0 }).toThrow()
  refused({ units: [1, 2, 1] }).toThrow('"units" has unit 1 at 127.0.0.1:502 twice')
  refused({ every: '5 seconds' }).toThrow('expected an ISO 8601 duration from PT1S to P1D')
})

test('settings have defaults, and are described', () => {
  const parsed: ModbusSettings = modbusKind.settings.parse({ host: 'gateway', model: 'sol-ark' })
  expect(parsed).toMatchObject({ transport: 'tcp', port: 502, unitId: 1, timeout: 3000 })
  expect(modbusKind.everyMs(parsed)).toBe(5000)
})

/** Answers a request in Modbus TCP with the same word in each register. */
function answerTcp(socket: Socket, request: Buffer, wordOf: () => number): void {
  const count = request.readUInt16BE(10)
  const answer = Buffer.alloc(9 + 2 * count)
  request.copy(answer, 0, 0, 8)
  answer.writeUInt16BE(3 + 2 * count, 4)
  answer.writeUInt8(2 * count, 8)
  for (let index = 0; index < count; index += 1) answer.writeUInt16BE(wordOf(), 9 + 2 * index)
  if (!socket.destroyed) socket.write(answer)
}

/** Answers a request in Modbus RTU with the same word in each register. */
function answerRtu(socket: Socket, request: Buffer, wordOf: () => number): void {
  const count = request.readUInt16BE(4)
  const answer = Buffer.alloc(5 + 2 * count)
  request.copy(answer, 0, 0, 2)
  answer.writeUInt8(2 * count, 2)
  for (let index = 0; index < count; index += 1) answer.writeUInt16BE(wordOf(), 3 + 2 * index)
  answer.writeUInt16LE(crc16(answer.subarray(0, -2)), answer.length - 2)
  if (!socket.destroyed) socket.write(answer)
}
