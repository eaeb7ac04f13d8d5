import { connect } from 'node:net'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import {
  maxBodyBytes,
  maxIdCharacters,
  maxInitBytes,
  maxUnfinishedBytes,
} from '../../src/http/limits.ts'
import { openRawClient } from './raw-client.ts'
import { frame, openRawWebSocket, upgradeOf } from './raw-websocket.ts'
import { openTestServer, post, tokens, used } from './test-server.ts'

const server = await openTestServer()
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  server.log.length = 0
})

const live = 'subscription { latestEnergy { soc } }'
const ingest = { init: { authorization: `Bearer ${tokens.INGEST_TOKEN}` } }
const init = frame({ type: 'connection_init' })
const subscribe = (id: string, query = live) => frame({ type: 'subscribe', id, payload: { query } })
const complete = (id: string) => frame({ type: 'complete', id })

test('an id that is used again, in one write, is another operation', async () => {
  await using server = await openTestServer()
  for (let round = 0; round < 20; round++) {
    using raw = await openRawWebSocket(server, init)
    raw.write(subscribe('1'), complete('1'), subscribe('1', 'subscription { slow }'))
    raw.write(complete('1'), subscribe('1'), frame('', { opcode: 8 }))
    await raw.closed
  }
  server.release()
  await server.subscribed(0)
  await expect.poll(() => used(server, 'subscriptions')).toBe(0)
  await expect.poll(() => used(server, 'connections')).toBe(0)
})

test('what comes late of an operation is not sent to another that has its id', async () => {
  await using server = await openTestServer()
  using client = await openRawClient(server)
  client.ask('1', '{ slow }')
  await server.slow
  client.send({ type: 'complete', id: '1' })
  client.ask('1', live)
  await server.subscribed(1)
  server.release()
  client.ask('2', '{ slow }')
  expect(await client.next()).toMatchObject({
    id: '2',
    type: 'next',
    payload: { data: { slow: 'done' } },
  })
  expect(await client.next()).toEqual({ id: '2', type: 'complete' })
  server.emit(1)
  expect(await client.next()).toMatchObject({
    id: '1',
    payload: { data: { latestEnergy: { soc: 1 } } },
  })
})

test.for([
  ['of no such name', 'query A { role }', 'B'],
  ['of several, and none named', 'query A { role } query B { role }', undefined],
])('an operation %s gets an error in the words of HTTP', async ([, query = '', operationName]) => {
  const [{ message }] = (await post(server, query, { operationName })).body.errors
  using client = await openRawClient(server)
  client.send({ type: 'subscribe', id: '1', payload: { query, operationName } })
  expect(await client.next()).toEqual({
    id: '1',
    type: 'error',
    payload: [{ message, extensions: { code: 'BAD_USER_INPUT' } }],
  })
})

test.for<unknown>([1, true, {}, [], [['Bearer x']], { toString: 1 }, { a: { b: 'Bearer x' } }])(
  '4403: a token that is %j',
  async (authorization) => {
    using client = await openRawClient(server, { init: false })
    client.send({ type: 'connection_init', payload: { authorization } })
    expect(await client.closed).toEqual([4403, expect.stringMatching('^UNAUTHENTICATED: .*text')])
    expect(server.log.filter(({ level }) => Number(level) > 20)).toEqual([])
  },
)

test('4400: an id that is longer than is kept', async () => {
  using client = await openRawClient(server)
  client.ask('x'.repeat(maxIdCharacters), '{ role }')
  expect(await client.next()).toMatchObject({ type: 'next' })
  client.ask('x'.repeat(maxIdCharacters + 1), '{ role }')
  expect((await client.closed)[0]).toBe(4400)
})

describe('before it is known who is there', () => {
  test.for([
    [
      'one message',
      [frame({ type: 'connection_init', payload: { filler: 'x'.repeat(maxInitBytes) } })],
    ],
    ['many messages', Array.from({ length: 1000 }, () => frame({ type: 'pong' }))],
    ['the beginning of one', [frame('x'.repeat(maxInitBytes), { length: 1_000_000 })]],
    [
      'parts of one',
      Array.from({ length: 100 }, () => frame('x'.repeat(100), { isFinal: false, opcode: 0 })),
    ],
  ] as const)('1009: more than 8 KiB in %s', async ([, frames]) => {
    using raw = await openRawWebSocket(server)
    raw.write(...frames)
    expect(await raw.closed).toBe(1009)
    expect(raw.received).toEqual([])
  })

  test('1009: and what follows is not read for ever', async () => {
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', () => {}).resume()
    socket.write(upgradeOf(server))
    const part = frame('x'.repeat(60_000))
    while (!socket.destroyed) await new Promise((resolve) => socket.write(part, resolve))
    // What was read, and what waits in the buffers of the system.
    expect(socket.bytesWritten).toBeLessThan(64 * 1024 * 1024)
  })

  test('4400: lists within lists, which are not parsed', async () => {
    using client = await openRawClient(server, { init: false })
    // They have no end, so that they would be refused as such if they were parsed.
    client.send(`{"type":"connection_init","payload":{"a":${'['.repeat(100)}`)
    expect(await client.closed).toEqual([4400, expect.stringMatching('^BODY_TOO_COMPLEX: ')])
  })
})

describe('a message', () => {
  const long = `{ role } #${'x'.repeat(maxBodyBytes.read)}`

  test('1009: of a reader that is longer than 256 KiB', async () => {
    using client = await openRawClient(server)
    client.ask('1', long)
    expect(await client.closed).toEqual([1009, expect.stringMatching('262144')])
  })

  test('of who may record readings may be longer', async () => {
    using client = await openRawClient(server, ingest)
    client.ask('1', long)
    expect(await client.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }],
    })
  })

  test('1009: of which a frame only says how long it will be, and in parts', async () => {
    using announced = await openRawWebSocket(server, init)
    announced.write(frame('x', { length: maxBodyBytes.read + 1 }))
    expect(await announced.closed).toBe(1009)
    using parts = await openRawWebSocket(server, init)
    const half = 'x'.repeat(maxBodyBytes.read / 2)
    parts.write(frame(half, { isFinal: false }), frame('', { opcode: 9 }))
    parts.write(frame(half, { isFinal: false, opcode: 0 }), frame('x', { opcode: 0 }))
    expect(await parts.closed).toBe(1009)
  })

  test('4400: of more values than its sender may send', async () => {
    const variables = { list: Array.from({ length: 11_000 }, () => 0) }
    using writer = await openRawClient(server, ingest)
    writer.ask('1', '{ role }', variables)
    expect(await writer.next()).toMatchObject({ payload: { data: { role: 'ingest' } } })
    using reader = await openRawClient(server)
    reader.ask('1', '{ role }', variables)
    expect(await reader.closed).toEqual([4400, expect.stringMatching('^BODY_TOO_COMPLEX: ')])
  })

  test('is told apart from its frames, however they are cut', async () => {
    using raw = await openRawWebSocket(server, init)
    const message = JSON.stringify({ type: 'ping', payload: { filler: 'x'.repeat(70_000) } })
    const bytes = Buffer.concat([
      frame(message.slice(0, 10), { isFinal: false }),
      frame('', { opcode: 9 }),
      frame('', { opcode: 0, isFinal: false }),
      frame(message.slice(10, 300), { opcode: 0, isFinal: false }),
      frame('pong', { opcode: 10 }),
      frame(message.slice(300), { opcode: 0 }),
    ])
    raw.socket.setNoDelay()
    for (let at = 0; at < 400; at++) {
      raw.socket.write(bytes.subarray(at, at + 1))
      await new Promise(setImmediate)
    }
    raw.socket.write(bytes.subarray(400))
    await expect
      .poll(() => raw.received)
      .toEqual([{ type: 'connection_ack' }, { ...JSON.parse(message), type: 'pong' }])
    expect(used(server, 'bytes of unfinished messages')).toBe(0)
  })
})

test('1013: who holds most of an unfinished message, when all of them together hold too much', async () => {
  await using server = await openTestServer()
  const size = 7 * 1024 * 1024
  const authorized = frame({ type: 'connection_init', payload: ingest.init })
  using sockets = new DisposableStack()
  const closed: Promise<number>[] = []
  const open = async (bytes: number) => {
    const raw = sockets.use(await openRawWebSocket(server, authorized))
    const before = used(server, 'bytes of unfinished messages')
    await expect.poll(() => raw.received).toHaveLength(1)
    raw.write(frame('x'.repeat(bytes), { length: size + 1 }))
    closed.push(raw.closed)
    return { raw, before }
  }
  for (let index = 1; index * size < maxUnfinishedBytes; index++) {
    await open(size)
    await expect
      .poll(() => used(server, 'bytes of unfinished messages'))
      .toBeGreaterThanOrEqual(index * size)
  }
  const { raw } = await open(size - 1)
  expect(await Promise.race(closed)).toBe(1013)
  raw.write(frame({ type: 'ping' }))
  expect(used(server, 'bytes of unfinished messages')).toBeLessThanOrEqual(maxUnfinishedBytes)
  expect(server.log).toContainEqual(
    expect.objectContaining({ level: 40, msg: expect.stringMatching('unfinished message') }),
  )
})
