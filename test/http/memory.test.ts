import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { describe, expect, test } from 'vitest'
import {
  maxBodyBytes,
  maxBytesUnderWay,
  maxDroppedBytesPerSecond,
  maxUnsentBytesTogether,
} from '../../src/http/limits.ts'
import { heldMemory } from './held-memory.ts'
import { openRawClient } from './raw-client.ts'
import { openTestServer, post, type TestServer, tokens, used } from './test-server.ts'

/** Sends a request by hand on a connection of its own. */
async function send(
  server: TestServer,
  body: string,
  { length = body.length, more = '' } = {},
): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n${body}`,
  )
  return socket
}

describe('bodies under way', () => {
  const unfinished = 'x'.repeat(maxBodyBytes.read - 1)
  const count = 150

  test('are bounded in sum: some are told BUSY, everyday requests are answered meanwhile', async () => {
    await using server = await openTestServer()
    const sockets = await Promise.all(
      Array.from({ length: count }, () => send(server, unfinished, { length: maxBodyBytes.read })),
    )
    const answers: string[] = []
    for (const socket of sockets) socket.on('data', (chunk) => answers.push(String(chunk)))
    // Half of the budget is one client's; the first 16 KiB of each body do not count.
    const held = Math.floor(maxBytesUnderWay / 2 / (unfinished.length - 16 * 1024))
    await expect.poll(() => answers.length).toBe(count - held)
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1.1 503 [\s\S]*Retry-After: 1\r\n[\s\S]*"code":"BUSY"/)
    }
    expect(await post(server, '{ role }')).toMatchObject({ status: 200 })

    for (const socket of sockets) socket.destroy()
    const large = { variables: { filler: unfinished.slice(200) } }
    await expect
      .poll(async () => (await post(server, '{ role }', large)).body)
      .toEqual({ data: { role: 'read' } })
  })
})

test('messages of WebSockets count among the bodies under way until they are answered', async () => {
  await using server = await openTestServer()
  const filler = 'x'.repeat(7_000_000)
  const told: unknown[] = []
  const clients = await Promise.all(
    Array.from({ length: 5 }, () =>
      openRawClient(server, { init: { authorization: `Bearer ${tokens.INGEST_TOKEN}` } }),
    ),
  )
  for (const client of clients) {
    client.ask('1', '{ slow }', { filler })
    void client.next().then((message) => told.push(message))
  }
  // Half of the budget is one client's; the first 16 KiB of each do not count.
  await expect.poll(() => told).toMatchObject([{ payload: [{ extensions: { code: 'BUSY' } }] }])
  expect(used(server, 'bytes of bodies under way')).toBeGreaterThan(4 * (filler.length - 16 * 1024))
  server.release()
  await expect.poll(() => told).toHaveLength(5)
  expect(used(server, 'bytes of bodies under way')).toBe(0)
  for (const client of clients) client[Symbol.dispose]()
})

/** A request whose body is in chunks of one byte. */
const inTinyChunks = (server: TestServer, path: string, count: number) =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(count)}`

test('a body in tiny chunks is refused once there are many', async () => {
  await using server = await openTestServer()
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  const answered = once(socket, 'data')
  socket.write(inTinyChunks(server, '/graphql', 1500))
  expect(String(await answered)).toMatch(/^HTTP\/1.1 400 [\s\S]*"code":"BAD_REQUEST"/)
  socket.destroy()

  const body = '{"query":"{ role }"}'.padEnd(1000)
  const chunks = [...body].map((character) => `1\r\n${character}\r\n`).join('')
  const small = connect(server.port, '127.0.0.1')
  small.write(`${inTinyChunks(server, '/graphql', 0)}${chunks}0\r\n\r\n`)
  expect(String((await once(small, 'data'))[0])).toContain('{"data":{"role":"read"}}')
  small.destroy()
})

test('an open event stream keeps nothing of its request', async () => {
  await using server = await openTestServer()
  const filler = 'x'.repeat(200_000)
  const headers = Array.from({ length: 800 }, (_, index) => `a${index}: 1\r\n`).join('')
  const subscribe = async (count: number): Promise<Socket[]> => {
    const sockets: Socket[] = []
    for (let index = 0; index < count; index++) {
      const query = 'subscription { latestEnergy { soc } }'
      const body = JSON.stringify({ query, variables: { filler: [filler] } })
      const socket = await send(server, body, { more: `Accept: text/event-stream\r\n${headers}` })
      await once(socket, 'data')
      sockets.push(socket)
    }
    return sockets
  }
  const first = await subscribe(5)
  const before = heldMemory()
  const others = await subscribe(60)
  expect(server.subscribers()).toBe(65)
  // As text alone, the requests are 12 MB; a stream and its client take a tenth of a megabyte.
  await expect.poll(() => heldMemory() - before).toBeLessThan(11e6)
  for (const socket of [...first, ...others]) socket.destroy()
})

describe('a body that nobody wants', () => {
  test('is cut off if it comes in tiny chunks', async () => {
    await using server = await openTestServer()
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const answered = once(socket, 'data')
    socket.write(inTinyChunks(server, '/nothing', 5000))
    expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 404 /)
    await closed
  })

  test('is cut off if it comes in chunks, and faster than such bodies are read', async () => {
    await using server = await openTestServer()
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => undefined)
    const answered = once(socket, 'data')
    const part = Buffer.alloc(1024 * 1024)
    const chunk = Buffer.concat([
      Buffer.from(`${part.length.toString(16)}\r\n`),
      part,
      Buffer.from('\r\n'),
    ])
    socket.write(inTinyChunks(server, '/nothing', 1))
    expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 404 /)
    while (!socket.destroyed) {
      await new Promise((resolve) => socket.write(chunk, resolve))
    }
  })

  test('waits for its turn as one of few: beyond them, connections of those that sent most are closed', async () => {
    await using server = await openTestServer()
    const part = 'x'.repeat(1024 * 1024)
    const sockets = await Promise.all(
      Array.from({ length: 400 }, () => send(server, part, { length: 100 * part.length })),
    )
    const isOpen = () => sockets.filter(({ destroyed }) => !destroyed).length
    await expect.poll(isOpen, { timeout: 30_000 }).toBeLessThanOrEqual(300)
    expect((await post(server, '{ role }', { variables: { filler: part } })).status).toBe(413)
    expect(isOpen()).toBeGreaterThan(200)
    for (const socket of sockets) socket.destroy()
  })

  test.for([
    ['is too large', 'POST /graphql', '', 413],
    ['is sent to nothing', 'POST /nothing', '', 404],
    ['comes with a wrong token', 'POST /graphql', 'Authorization: Bearer x\r\n', 401],
    ['comes with GET', 'GET /livez', '', 200],
  ] as const)(
    'that %s is read at a bounded pace, for the next request on its connection',
    async ([, request, header, status]) => {
      await using server = await openTestServer()
      const host = `Host: 127.0.0.1:${server.port}\r\n`
      const size = 1.5 * maxDroppedBytesPerSecond
      const socket = connect(server.port, '127.0.0.1')
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      const begin = performance.now()
      socket.write(`${request} HTTP/1.1\r\n${host}${header}Content-Length: ${size}\r\n\r\n`)
      const part = Buffer.alloc(1024 * 1024)
      for (let sent = 0; sent < size; sent += part.length) {
        if (!socket.write(part)) await once(socket, 'drain')
      }
      socket.write(`GET /livez HTTP/1.1\r\n${host}\r\n`)
      const answers = () => text.match(/(?<=HTTP\/1\.1 )\d+/g)?.map(Number)
      await expect.poll(answers, { timeout: 30_000 }).toEqual([status, 200])
      const seconds = (performance.now() - begin) / 1000
      expect(size / seconds).toBeLessThan(1.1 * maxDroppedBytesPerSecond)
      socket.destroy()
    },
  )
})

describe('an answer that nobody reads', () => {
  const size = 12 * 1024 * 1024
  const query = `{ latestEnergy { bulk(size: ${size}) } }`
  const body = JSON.stringify({ query })
  const cutOffs = (server: TestServer) =>
    server.log.filter(({ msg }) => msg === 'a client that does not read its responses is cut off')
      .length

  /** Nine megabytes. */
  async function askForPage(server: TestServer): Promise<Socket> {
    const socket = connect(server.port, '127.0.0.1').pause()
    socket.on('error', () => undefined)
    socket.write(
      `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAccept: text/html\r\n\r\n`,
    )
    return socket
  }

  async function askWithoutReading(server: TestServer, count: number) {
    const sockets = await Promise.all(Array.from({ length: count }, () => send(server, body)))
    for (const socket of sockets) socket.pause()
    return sockets
  }

  test('is given up where all of them together wait for too much', async () => {
    await using server = await openTestServer({ KEEP_ALIVE_INTERVAL: 'P1D' })
    const sockets = await askWithoutReading(server, 24)
    await expect.poll(() => cutOffs(server)).toBeGreaterThan(0)
    const { data } = (await post(server, query)).body
    expect(data.latestEnergy.bulk).toHaveLength(size)
    for (const socket of sockets) socket.destroy()
  })

  test.for(['an answer', 'GraphiQL'])('is given up after a while: %s', async (what) => {
    await using server = await openTestServer({ KEEP_ALIVE_INTERVAL: 'PT0.1S' })
    const sockets = await (what === 'GraphiQL'
      ? Promise.all(Array.from({ length: 3 }, () => askForPage(server)))
      : askWithoutReading(server, 3))
    const closed = sockets.map((socket) => once(socket, 'close'))
    await expect
      .poll(() => server.log.filter(({ msg }) => msg === 'request').length)
      .toBe(sockets.length)
    for (const socket of sockets) socket.resume()
    await Promise.all(closed)
    for (const { bytesRead } of sockets) expect(bytesRead).toBeLessThan(8 * 1024 * 1024)
  })

  test.for(['WebSockets', 'event streams'])('counts on %s as well', async (way) => {
    await using server = await openTestServer()
    const subscription = `subscription { latestEnergy { bulk(size: ${size}) } }`
    await using sockets = new AsyncDisposableStack()
    for (let count = 1; count <= 24; count++) {
      if (way === 'WebSockets') {
        const client = sockets.use(await openRawClient(server))
        client.ask('1', subscription)
        client.socket.pause()
      } else {
        const socket = await send(server, JSON.stringify({ query: subscription }), {
          more: 'Accept: text/event-stream\r\n',
        })
        sockets.defer(() => void socket.pause().destroy())
        socket.pause()
      }
      await server.subscribed(count)
    }
    server.emit(1)
    await expect.poll(() => cutOffs(server)).toBeGreaterThan(0)
    expect(used(server, 'bytes that clients leave unread')).toBeLessThanOrEqual(
      maxUnsentBytesTogether,
    )
  })

  test('does not count if it is GraphiQL, which is kept for all', async () => {
    await using server = await openTestServer()
    const sockets = await Promise.all(Array.from({ length: 20 }, () => askForPage(server)))
    for (const socket of sockets) await once(socket.resume(), 'data')
    expect(used(server, 'bytes that clients leave unread')).toBe(0)
    expect(cutOffs(server)).toBe(0)
    for (const socket of sockets) socket.destroy()
  })
})

test('answers to a client that has left do not count as unread', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<string>()
  let count = 0
  const resolve = () => {
    if (++count === 2) asked.resolve()
    return answer.promise
  }
  const lasting = { type: GraphQLString, extensions: { cacheable: true }, resolve }
  const query = new GraphQLObjectType({ name: 'Query', fields: { lasting } })
  await using server = await openTestServer({}, { schema: new GraphQLSchema({ query }) })
  const socket = connect(server.port, '127.0.0.1')
  // The second answer waits behind the first, and has no connection of its own yet.
  socket.write(
    `GET /graphql?query={lasting} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`.repeat(2),
  )
  await asked.promise
  socket.destroy()
  await expect.poll(() => server.log.filter(({ msg }) => msg === 'request')).toHaveLength(2)
  answer.resolve('for nobody')
  expect(await post(server, '{ lasting }')).toMatchObject({ status: 200 })
  expect(used(server, 'bytes that clients leave unread')).toBe(0)
})
