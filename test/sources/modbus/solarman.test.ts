import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { findLoggers } from '../../../src/sources/modbus/find-loggers.ts'
import { ModbusLine } from '../../../src/sources/modbus/line/modbus-line.ts'
import {
  encodeFrame,
  type Found,
  FrameReader,
  readResponse,
} from '../../../src/sources/modbus/line/solarman-frame.ts'
import { solarmanKind } from '../../../src/sources/modbus/solarman.ts'
import { context, day, NOON, situations } from './registers.ts'
import { type Behaviour, openLogger, type SolarmanLogger } from './solarman-logger.ts'

const { signal } = new AbortController()
const SERIAL = 2_712_345_678

/** A source for this logger, if the settings do not say otherwise. */
function open(
  { port, serial }: SolarmanLogger,
  settings: Partial<z.input<typeof solarmanKind.settings>> = {},
) {
  const all = { host: '127.0.0.1', port, serial, model: 'deye-single-phase', ...settings }
  return solarmanKind.open(solarmanKind.settings.parse(all), context)
}

for (const [situation, { words, values }] of Object.entries(situations)) {
  test(`signs are right through a logger while ${situation}`, async () => {
    await using logger = await openLogger(SERIAL, words)
    await using source = open(logger)
    expect((await source.read(NOON, signal)).readings[0]).toMatchObject({ ...values, soc: 81 })
  })
}

test('a question is a V5 frame as the logger wants it, each with a sequence of its own', async () => {
  await using logger = await openLogger(SERIAL, day)
  await using source = open(logger)
  await source.read(NOON, signal)
  const first = logger.questions[0]?.sequence ?? 0
  expect(logger.questions).toEqual([
    {
      control: 0x4510,
      sequence: first,
      serial: SERIAL,
      frameType: 2,
      unitId: 1,
      code: 3,
      first: 91,
      count: 24,
    },
    {
      control: 0x4510,
      sequence: (first + 1) % 256,
      serial: SERIAL,
      frameType: 2,
      unitId: 1,
      code: 3,
      first: 166,
      count: 26,
    },
    expect.objectContaining({ sequence: (first + 2) % 256, first: 70, count: 39 }),
  ])
})

const harmless: Behaviour[] = [
  'double the checksum',
  'send a heartbeat first',
  'answer the last question first',
  'answer byte by byte',
  'send noise first',
]
for (const behaviour of harmless) {
  test(`the answer is found if a logger does this: ${behaviour}`, async () => {
    await using logger = await openLogger(SERIAL, day)
    await using source = open(logger)
    logger.behaviour = behaviour
    expect((await source.read(NOON, signal)).readings[0]).toMatchObject({ gridPower: -1985 })
    logger.words = situations['selling from the battery by night'].words
    expect((await source.read(NOON, signal)).readings[0]).toMatchObject({ gridPower: -4000 })
    expect(logger.connections).toBe(1)
  })
}

const refused: [Behaviour, string, string][] = [
  ['answer with an exception', 'SOURCE_INVALID', 'Modbus exception 2, illegal data address'],
  ['answer of another unit', 'SOURCE_INVALID', 'expected address 1 got 2'],
  ['answer with a wrong checksum', 'SOURCE_INVALID', 'got one with a wrong checksum'],
  ['answer with a wrong Modbus checksum', 'SOURCE_INVALID', 'CRC error'],
  ['say that no inverter answers', 'SOURCE_INVALID', 'got a short response (code 05)'],
  [
    'say that the serial number is another',
    'SOURCE_INVALID',
    `Expected the logger with the serial number ${SERIAL}, got an answer of ${SERIAL + 1}`,
  ],
  ['send nothing of the inverter', 'SOURCE_INVALID', 'got a short response (an empty one)'],
  ['be silent', 'SOURCE_UNAVAILABLE', 'no answer within 200 ms'],
  ['hang up', 'SOURCE_UNAVAILABLE', 'Check "host", "port" and "serial"'],
]
for (const [behaviour, code, message] of refused) {
  test(`the poll fails, and says why, if a logger does this: ${behaviour}`, async () => {
    await using logger = await openLogger(SERIAL, day)
    await using source = open(logger, { timeout: 'PT0.2S' })
    logger.behaviour = behaviour
    await expect(source.read(NOON, signal)).rejects.toMatchObject({
      name: 'Fault',
      code,
      message: expect.stringContaining(message),
    })
    await expect(source.read(NOON, signal)).rejects.toThrow(
      `registers 91 to 114 of unit 1 at 127.0.0.1:${logger.port}`,
    )
  })
}

test('after a failure a logger is left alone, each time for twice as long, until it answers', async () => {
  await using logger = await openLogger(SERIAL, day)
  let now = 0
  await using line = new ModbusLine({
    transport: { kind: 'solarman', host: '127.0.0.1', port: logger.port, serial: SERIAL },
    timeoutMs: 1000,
    rest: { firstMs: 5000, mostMs: 12_000 },
    now: () => now,
  })
  const read = () => line.read(1, { first: 184, count: 1 }, signal)
  const connectionsAfter = async (ms: number) => {
    now += ms
    await expect(read()).rejects.toThrow()
    return logger.connections
  }
  logger.behaviour = 'hang up'
  expect(await connectionsAfter(0)).toBe(1)
  expect(await connectionsAfter(4999)).toBe(1)
  expect(await connectionsAfter(1)).toBe(2)
  expect(await connectionsAfter(9999)).toBe(2)
  expect(await connectionsAfter(1)).toBe(3)
  expect(await connectionsAfter(11_999)).toBe(3)
  await expect(read()).rejects.toThrow('it failed 3 times and is left alone for 1 s')
  logger.behaviour = 'answer'
  now += 1
  expect(await read()).toEqual([81])
  // From the beginning again.
  logger.behaviour = 'hang up'
  expect(await connectionsAfter(0)).toBe(4)
  expect(await connectionsAfter(5000)).toBe(5)
})

test('a logger is held by one connection, which closes with the source', async () => {
  await using logger = await openLogger(SERIAL, day)
  {
    await using source = open(logger)
    for (let poll = 0; poll < 4; poll += 1) await source.read(NOON, signal)
    expect(logger.connections).toBe(1)
    expect(logger.sockets.size).toBe(1)
  }
  await expect.poll(() => logger.sockets.size).toBe(0)
})

test('inverters with a logger each are one plant', async () => {
  await using first = await openLogger(SERIAL, { ...day, 91: 1400 })
  await using second = await openLogger(SERIAL + 5, { ...day, 91: 1400, 184: 3 })
  const units = [first, second].map(({ port, serial }) => ({ host: '127.0.0.1', port, serial }))
  const settings = { model: 'deye-single-phase' as const, units, timeout: 'PT0.2S' }
  await using source = solarmanKind.open(solarmanKind.settings.parse(settings), context)
  const both = await source.read(NOON, signal)
  expect(both.omitted).toEqual([])
  expect(both.readings[0]).toMatchObject({ gridPower: -3970, soc: 81 })
  second.behaviour = 'be silent'
  const one = await source.read(NOON, signal)
  expect(one.readings[0]).toMatchObject({ gridPower: null, pvPower: null, soc: 81 })
})

test('settings that do not fit together are refused with their name', () => {
  const refuse = (settings: Partial<z.input<typeof solarmanKind.settings>>) =>
    expect(() =>
      solarmanKind.open(solarmanKind.settings.parse({ model: 'sol-ark', ...settings }), context),
    )
  const unit = { host: 'logger', serial: SERIAL }
  refuse({}).toThrow('"host": expected the address of the logger')
  refuse({ host: 'logger' }).toThrow('"serial": expected the number that is printed')
  refuse({ ...unit, units: [unit] }).toThrow('"units": leave')
  refuse({ ...unit, serial: 2 ** 32 }).toThrow()
})

test('frames that loggers sent are read', () => {
  // Of jmccrohan/pysolarmanv5#6 and kbialek/deye-inverter-mqtt#21: the codes 05 and 06.
  const recorded = [
    ['a51000101500' + '0d55b1eb8a0201' + '75b80600c202000021eb84620500ae15', 2_330_702_165, 5],
    ['a51000101500' + 'c9c22576f80201' + '032d0000790800007106d6630600bd15', 4_168_492_482, 6],
  ] as const
  for (const [hex, serial, code] of recorded) {
    const [found] = new FrameReader().push(Buffer.from(hex, 'hex'))
    if (found === undefined || found === 'damaged') throw new Error('there is no frame')
    expect(found).toMatchObject({ control: 0x1510, serial })
    expect(readResponse(found.payload)).toEqual({ code })
  }
})

test('frames are found however the bytes are cut, whatever is between them', () => {
  const frame = fc.record({
    control: fc.constantFrom(0x1510, 0x4710, 0x4510),
    sequence: fc.integer({ min: 0, max: 0xffff }),
    serial: fc.integer({ min: 0, max: 0xffff_ffff }),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  })
  // Without the byte that begins a frame.
  const noise = fc
    .uint8Array({ maxLength: 20 })
    .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0xa5)))
  const stream = fc.array(fc.tuple(noise, frame), { maxLength: 5 })
  const cuts = fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 60 })
  fc.assert(
    fc.property(stream, cuts, (parts, lengths) => {
      const bytes = Buffer.concat(parts.flatMap(([before, sent]) => [before, encodeFrame(sent)]))
      expect(readInPieces(bytes, lengths)).toEqual(parts.map(([, sent]) => sent))
    }),
  )
})

test('what is damaged is read the same however it is cut, and hides no later frame for ever', () => {
  const anything = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.constant(Buffer.from([0xa5])),
      fc
        .uint8Array({ maxLength: 40 })
        .map((bytes) =>
          encodeFrame({ control: 0x1510, sequence: 1, serial: 1, payload: Buffer.from(bytes) }),
        ),
    ),
    { maxLength: 12 },
  )
  const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 60 })
  const last = { control: 0x1510, sequence: 7, serial: SERIAL, payload: Buffer.alloc(20) }
  fc.assert(
    fc.property(anything, cuts, (parts, lengths) => {
      // So many bytes that whatever began before is over.
      const bytes = Buffer.concat([...parts, Buffer.alloc(1000), encodeFrame(last)])
      const found = readInPieces(bytes, lengths)
      expect(found).toEqual(new FrameReader().push(bytes))
      expect(found.at(-1)).toEqual(last)
    }),
  )
})

function readInPieces(bytes: Buffer, lengths: readonly number[]): Found[] {
  const reader = new FrameReader()
  const found: Found[] = []
  let at = 0
  for (const length of lengths) {
    found.push(...reader.push(bytes.subarray(at, at + length)))
    at += length
  }
  return [...found, ...reader.push(bytes.subarray(at))]
}

test('loggers that are asked say their serial number; others are left out', async () => {
  const answers = ['127.0.0.1,289C6E62D262,2712345678', '127.0.0.1,289C6E62D262,Solar-WiFi223W0252']
  const heard: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (question, { port, address }) => {
    heard.push(question.toString())
    if (question.toString() === 'WIFIKIT-214028-READ') {
      for (const answer of answers) socket.send(answer, port, address)
    }
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  try {
    expect(await findLoggers('127.0.0.1', { waitMs: 500, port, signal })).toEqual([
      { host: '127.0.0.1', serial: 2_712_345_678 },
    ])
    expect(heard).toEqual(['WIFIKIT-214028-READ', 'HF-A11ASSISTHREAD'])
    const stop = new AbortController()
    const finding = findLoggers('127.0.0.1', { waitMs: 60_000, port, signal: stop.signal })
    stop.abort(new Error('no more'))
    await expect(finding).rejects.toThrow('no more')
  } finally {
    await new Promise<void>((closed) => socket.close(closed))
  }
})
