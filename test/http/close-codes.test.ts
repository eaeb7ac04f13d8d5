import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { GraphQLError } from 'graphql'
import { afterAll, expect, test } from 'vitest'
import { openRawClient } from './raw-client.ts'
import { openTestServer, post, tokens, used } from './test-server.ts'

const server = await openTestServer({ MAX_MESSAGE_BYTES: '2000' })
afterAll(() => server[Symbol.asyncDispose]())

const live = 'subscription { latestEnergy { soc } }'
const subscribe = { type: 'subscribe', id: '1', payload: { query: live } }

test.for([
  ['that is no JSON', '{"type":'],
  ['of no type', '{}'],
  ['of a type that there is not', '{"type":"start"}'],
  ['that only a server sends', '{"type":"next","id":"1"}'],
  ['that only a server sends, and whole', '{"type":"connection_ack"}'],
  ['whose id is no text', '{"type":"subscribe","id":1,"payload":{"query":"{ role }"}}'],
  ['without a query', '{"type":"subscribe","id":"1","payload":{}}'],
] as const)('4400: a message %s', async ([, text]) => {
  using rawClient = await openRawClient(server)
  rawClient.send(text)
  expect((await rawClient.closed)[0]).toBe(4400)
})

test('4401: an operation before the connection was acknowledged', async () => {
  using rawClient = await openRawClient(server, { init: false })
  rawClient.send(subscribe)
  expect((await rawClient.closed)[0]).toBe(4401)
})

test('4403: a token that is none', async () => {
  using rawClient = await openRawClient(server, { init: false })
  rawClient.send({ type: 'connection_init', payload: { authorization: 'Bearer of-bad-news' } })
  expect(await rawClient.closed).toEqual([4403, expect.stringMatching('^UNAUTHENTICATED: ')])
})

test('4406: another protocol', async () => {
  const code = await new Promise<number>((resolve) => {
    const socket = connect(server.port, '127.0.0.1')
    const parts: Buffer[] = []
    socket.on('data', (part) => {
      parts.push(typeof part === 'string' ? Buffer.from(part) : part)
      const bytes = Buffer.concat(parts)
      const frame = bytes.indexOf('\r\n\r\n') + 4
      if (frame < 4 || bytes.length < frame + 4) return
      socket.destroy()
      resolve(bytes.readUInt16BE(frame + 2))
    })
    const head = 'GET /graphql HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
    const key = `Host: 127.0.0.1:${server.port}\r\nSec-WebSocket-Key: ${btoa('0123456789abcdef')}`
    socket.write(`${head}${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`)
  })
  expect(code).toBe(4406)
})

test('4408: a connection that does not say who it is', async () => {
  await using hasty = await openTestServer({ CONNECTION_INIT_TIMEOUT: 'PT0.05S' })
  using rawClient = await openRawClient(hasty, { init: false })
  expect((await rawClient.closed)[0]).toBe(4408)
})

test('4409: an id that is in use', async () => {
  using rawClient = await openRawClient(server)
  rawClient.send(subscribe)
  await server.subscribed(1)
  rawClient.send(subscribe)
  expect((await rawClient.closed)[0]).toBe(4409)
  await server.subscribed(0)
})

test('4429: a second init', async () => {
  using rawClient = await openRawClient(server)
  rawClient.send({ type: 'connection_init' })
  expect((await rawClient.closed)[0]).toBe(4429)
})

test('4500: an error of the server itself, which tells nothing', async () => {
  await using broken = await openTestServer({}, { translate: breakDown })
  using rawClient = await openRawClient(broken)
  rawClient.ask('1', '{')
  expect(await rawClient.closed).toEqual([4500, 'Unexpected error'])
})

function breakDown(error: unknown): unknown {
  if (error instanceof GraphQLError) throw new Error('secret of what tells errors')
  return error
}

test('1001: a server that goes away', async () => {
  const going = await openTestServer()
  using rawClient = await openRawClient(going)
  await going[Symbol.asyncDispose]()
  expect((await rawClient.closed)[0]).toBe(1001)
})

test('a peer is not silent while nothing is read of it', async () => {
  await using other = await openTestServer({ KEEP_ALIVE_INTERVAL: 'PT0.1S' })
  using rawClient = await openRawClient(other)
  for (let id = 1; id <= 20; id++) rawClient.ask(`${id}`, '{ slow }')
  await other.slow
  await sleep(500)
  other.release()
  for (let id = 1; id <= 2 * 20; id++) {
    expect(await rawClient.next()).toMatchObject({ type: id % 2 === 1 ? 'next' : 'complete' })
  }
})

test('1009: a message that is too large', async () => {
  using rawClient = await openRawClient(server)
  rawClient.ask('1', `{ role } #${'x'.repeat(1800)}`)
  expect(await rawClient.next()).toMatchObject({
    type: 'next',
    payload: { data: { role: 'read' } },
  })
  rawClient.ask('1', `{ role } #${'x'.repeat(2000)}`)
  expect((await rawClient.closed)[0]).toBe(1009)
})

test('429: more connections of any kind from an address than it may have', async () => {
  await using small = await openTestServer({
    MAX_CONNECTIONS: '2',
    MAX_CONNECTIONS_PER_ADDRESS: '1',
  })
  const most = 102
  const sockets = Array.from({ length: most }, () => connect(small.port, '127.0.0.1'))
  await expect.poll(() => used(small, 'connections of any kind')).toBe(most)
  const refused = await text(connect(small.port, '127.0.0.1'))
  expect(refused).toMatch(/^HTTP\/1.1 429 .*TOO_MANY_CONNECTIONS/s)
  for (const socket of sockets) socket.destroy()
  await expect.poll(() => used(small, 'connections of any kind')).toBe(0)
  expect(await post(small, '{ role }')).toMatchObject({ status: 200 })
})

test('1013: more connections from an address than it may have', async () => {
  await using small = await openTestServer({
    MAX_CONNECTIONS_PER_ADDRESS: '1',
    MAX_CONNECTIONS: '2',
    TRUST_PROXY: '127.0.0.1',
    PUBLIC_READ: 'true',
  })
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address }, init: false })
  using first = await openRawClient(small, { ...from('10.0.0.1'), init: true })
  using second = await openRawClient(small, from('10.0.0.1'))
  expect(await second.closed).toEqual([
    1013,
    expect.stringMatching(/^TOO_MANY_CONNECTIONS: All 1 .* of one address .*PER_ADDRESS$/),
  ])
  using third = await openRawClient(small, { ...from('10.0.0.2'), init: true })
  using fourth = await openRawClient(small, from('10.0.0.3'))
  expect(await fourth.closed).toEqual([
    1013,
    expect.stringMatching(/^TOO_MANY_CONNECTIONS: All 2 .*MAX_CONNECTIONS$/),
  ])
  const stream = await fetch(`${small.url}/graphql?query=${encodeURIComponent(live)}`, {
    headers: { accept: 'text/event-stream' },
  })
  expect([stream.status, stream.headers.get('retry-after')]).toEqual([429, '10'])
  expect(await stream.json()).toMatchObject({
    errors: [{ extensions: { code: 'TOO_MANY_CONNECTIONS' } }],
  })
  // Nothing is carried out whose result could not be sent.
  const mutation = await fetch(`${small.url}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${tokens.INGEST_TOKEN}`,
    },
    body: JSON.stringify({ query: 'mutation { record }' }),
  })
  expect([mutation.status, small.recorded()]).toEqual([429, 0])
  await small.subscribed(0)
  third.socket.terminate()
  first.socket.terminate()
  const lastOf = async () => {
    using rawClient = await openRawClient(small, from('10.0.0.1'))
    const told = Promise.race([rawClient.closed.then(([code]) => code), rawClient.next()])
    rawClient.send({ type: 'connection_init' })
    return await told
  }
  await expect.poll(lastOf).toEqual({ type: 'connection_ack' })
})

test('a peer that answers no ping is cut off', async () => {
  await using server = await openTestServer({ KEEP_ALIVE_INTERVAL: 'PT2S' })
  using alive = await openRawClient(server)
  using dead = await openRawClient(server)
  alive.ask('1', live)
  dead.ask('1', live)
  await server.subscribed(2)
  dead.socket.pause()
  await server.subscribed(1)
  server.emit(1)
  expect(await alive.next()).toMatchObject({ payload: { data: { latestEnergy: { soc: 1 } } } })
})

test('an event stream that is not read is cut off, one that waits for its next event is not', async () => {
  await using server = await openTestServer({ KEEP_ALIVE_INTERVAL: 'PT0.2S' })
  const open = async (query: string) => {
    const asked = request(`${server.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { accept: 'text/event-stream' },
      agent: false,
    })
    asked.end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    return response
  }
  const silent = await open('subscription { latestEnergy { bulk(size: 1000000) } }')
  const ended = once(silent, 'error')
  silent.pause()
  const patient = await open(live)
  const events = patient.setEncoding('utf8')[Symbol.asyncIterator]()
  await server.subscribed(2)
  for (let count = 0; count < 40; count++) server.emit(count)
  await server.subscribed(1)
  silent.resume()
  expect(await ended).toMatchObject([{ code: 'ECONNRESET' }])
  server.emit(77)
  let text = ''
  while (!text.includes('77')) text += (await events.next()).value
  patient.destroy()
  await server.subscribed(0)
})

test('more subscriptions than a connection or the server takes are refused by themselves', async () => {
  await using small = await openTestServer({
    MAX_SUBSCRIPTIONS_PER_CONNECTION: '2',
    MAX_SUBSCRIPTIONS: '3',
  })
  const refused = (id: string, variable: RegExp) => ({
    id,
    type: 'error',
    payload: [
      {
        message: expect.stringMatching(variable),
        extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' },
      },
    ],
  })
  using one = await openRawClient(small)
  using other = await openRawClient(small, {
    init: { authorization: `Bearer ${tokens.ADMIN_TOKEN}` },
  })
  for (const id of ['1', '2', '3']) one.ask(id, live)
  expect(await one.next()).toEqual(refused('3', /MAX_SUBSCRIPTIONS_PER_CONNECTION$/))
  for (const id of ['4', '5']) other.ask(id, live)
  expect(await other.next()).toEqual(refused('5', /MAX_SUBSCRIPTIONS$/))
  await small.subscribed(3)
  one.send({ type: 'complete', id: '1' })
  await small.subscribed(2)
  other.ask('5', live)
  await small.subscribed(3)
})

test('a flood of pings whose answers are not read ends the connection', async () => {
  using rawClient = await openRawClient(server)
  rawClient.socket.pause()
  const payload = 'x'.repeat(1900)
  const message = JSON.stringify({ type: 'ping', payload: { payload } })
  while (rawClient.socket.readyState === rawClient.socket.OPEN) {
    for (let count = 0; count < 1000; count++) rawClient.send(message)
    await new Promise((resolve) => rawClient.socket.ping('', undefined, resolve))
    await new Promise(setImmediate)
    if (server.log.some(({ msg }) => msg === 'a websocket that does not read is cut off')) break
  }
  const line = { level: 40, client: '127.0.0.1', msg: expect.stringMatching('cut off') }
  expect(server.log).toContainEqual(expect.objectContaining(line))
})
