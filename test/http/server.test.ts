import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { openTestServer, post, tokens, used } from './test-server.ts'

test('a port that is taken is told with the cure', async () => {
  await using server = await openTestServer()
  await expect(openTestServer({ PORT: String(server.port) })).rejects.toMatchObject({
    code: 'PORT_UNAVAILABLE',
    message: expect.stringMatching(`Port ${server.port} on 127.0.0.1 .*set PORT`),
  })
})

test('a host that is none of this machine is told with the cure', async () => {
  await expect(openTestServer({ HOST: '192.0.2.1' })).rejects.toMatchObject({
    code: 'PORT_UNAVAILABLE',
    message: expect.stringMatching('192.0.2.1 .*set HOST'),
  })
})

describe('probes', () => {
  const failing = {
    health: async () => ({ status: 'UNHEALTHY' as const, checks: [{ name: 'database' }] }),
    ready: async () => ({ ready: false, reason: '1 migration is pending' }),
  }
  const get = async (url: string, headers: Record<string, string> = {}) => {
    const response = await fetch(url, { headers })
    return [response.status, await response.json()]
  }

  test('all is well', async () => {
    await using server = await openTestServer()
    expect(await get(`${server.url}/livez`)).toEqual([200, { status: 'ALIVE' }])
    expect(await get(`${server.url}/readyz`)).toEqual([200, { ready: true }])
    const health = { status: 'HEALTHY', checks: [], version: '1' }
    expect(await get(`${server.url}/health`)).toEqual([200, health])
  })

  test('the process lives, but cannot serve', async () => {
    await using server = await openTestServer({}, failing)
    expect(await get(`${server.url}/livez`)).toEqual([200, { status: 'ALIVE' }])
    expect(await get(`${server.url}/readyz`)).toEqual([
      503,
      { ready: false, reason: '1 migration is pending' },
    ])
    const health = { status: 'UNHEALTHY', checks: [{ name: 'database' }] }
    expect(await get(`${server.url}/health`)).toEqual([503, health])
  })

  test('who may not read learns the status alone', async () => {
    await using server = await openTestServer({ PUBLIC_READ: 'false' }, failing)
    expect(await get(`${server.url}/health`)).toEqual([503, { status: 'UNHEALTHY' }])
    const reader = { authorization: `Bearer ${tokens.READ_TOKEN}` }
    expect(await get(`${server.url}/health`, reader)).toMatchObject([503, { checks: [{}] }])
    const wrong = { authorization: 'Bearer mistyped' }
    expect(await get(`${server.url}/health`, wrong)).toMatchObject([401, {}])
  })
})

test('a client that leaves in the middle of its body is no error of the server', async () => {
  await using server = await openTestServer()
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  const head = `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n`
  socket.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query"`, () =>
    setImmediate(() => socket.destroy()),
  )
  const seen = expect.objectContaining({ msg: 'request', path: '/graphql' })
  await expect.poll(() => server.log).toContainEqual(seen)
  await expect
    .poll(() => server.log)
    .toContainEqual(expect.objectContaining({ msg: 'a request was refused' }))
  expect(server.log.filter((line) => Number(line.level) > 20)).toEqual([])
})

test('a peer that answers no ping is cut off, one that answers stays', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  await using server = await openTestServer()
  const silent = await subscribeRaw(server.port, 'subscription { latestEnergy { soc } }')
  const cutOff = new Promise((resolve) => silent.once('close', resolve))
  const alive = new WebSocket(`ws://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws')
  await new Promise((resolve) => alive.once('open', resolve))
  await server.subscribed(1)

  for (const _ of ['pinged', 'judged', 'judged again']) {
    const pinged = new Promise((resolve) => alive.once('ping', resolve))
    vi.advanceTimersByTime(12_000)
    await pinged
    // Answered after the pong, so the server has seen that one too.
    const answered = new Promise((resolve) => alive.once('message', resolve))
    alive.send('{"type":"ping"}')
    await answered
  }
  await cutOff
  await server.subscribed(0)
  alive.terminate()
})

describe('going away', () => {
  test('ends subscriptions, silent peers and idle connections, and leaves nothing', async () => {
    const warnings: Error[] = []
    const warn = (warning: Error) => warnings.push(warning)
    process.on('warning', warn)
    const server = await openTestServer()
    const query = 'subscription { latestEnergy { soc } }'
    const sockets = await Promise.all(
      Array.from({ length: 20 }, () => subscribeRaw(server.port, query)),
    )
    const streams = await Promise.all(
      Array.from({ length: 20 }, () =>
        fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, {
          headers: { accept: 'text/event-stream' },
        }),
      ),
    )
    await server.subscribed(40)
    const polite = new WebSocket(`ws://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws')
    await new Promise((resolve) => polite.once('open', resolve))
    const goodbye = new Promise((resolve) => polite.once('close', resolve))
    const half = connect(server.port, '127.0.0.1')
    half.write('POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le')
    half.on('error', () => undefined)
    const halfClosed = new Promise((resolve) => half.once('close', resolve))

    await server[Symbol.asyncDispose]()

    expect(await goodbye).toBe(1001)
    await halfClosed
    await Promise.all(streams.map((stream) => expect(stream.text()).rejects.toThrow()))
    for (const socket of sockets) socket.destroy()
    await server.subscribed(0)
    await expect(fetch(server.url)).rejects.toThrow()
    expect(process.getActiveResourcesInfo().filter((name) => /TCPServer/.test(name))).toEqual([])
    await server[Symbol.asyncDispose]()
    // Such as of too many listeners on what is sent as a stream.
    expect(warnings).toEqual([])
    process.off('warning', warn)

    const successor = createServer().listen(server.port, '127.0.0.1')
    await new Promise((resolve) => successor.once('listening', resolve))
    await new Promise((resolve) => successor.close(resolve))
  })

  test('lets a running request finish', async () => {
    const server = await openTestServer()
    const running = post(server, '{ slow }')
    await server.slow
    const closed = server[Symbol.asyncDispose]()
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    server.release()
    expect((await running).body).toEqual({ data: { slow: 'done' } })
    await closed
  })

  test('tells whoever asks for what does not end, and for a stream that has not begun', async () => {
    const server = await openTestServer()
    const running = post(server, '{ slow }')
    const stream = fetch(`${server.url}/graphql?query=subscription{slow}`, {
      headers: { accept: 'text/event-stream' },
    })
    await expect.poll(() => used(server, 'subscriptions')).toBe(1)
    await server.slow
    await server[Symbol.asyncDispose]()
    const stopping = { errors: [{ extensions: { code: 'SERVER_STOPPING' } }] }
    expect(await running).toMatchObject({ status: 503, body: stopping })
    expect(await (await stream).json()).toMatchObject(stopping)
    server.release()
  })
})

/** Subscribes by hand, and from then on answers nothing: neither a ping nor a close. */
async function subscribeRaw(port: number, query: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const frame = (message: object) => {
    const payload = Buffer.from(JSON.stringify(message))
    const length = [126, payload.length >> 8, payload.length & 0xff]
    const head = payload.length < 126 ? [payload.length] : length
    const [size = 0, ...more] = head
    return Buffer.concat([Buffer.from([0x81, 0x80 | size, ...more, 0, 0, 0, 0]), payload])
  }
  socket.write(
    [
      'GET /graphql HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: graphql-transport-ws',
      '\r\n',
    ].join('\r\n'),
  )
  await new Promise((resolve) => socket.once('data', resolve))
  socket.write(frame({ type: 'connection_init' }))
  await new Promise((resolve) => socket.once('data', resolve))
  socket.write(frame({ type: 'subscribe', id: '1', payload: { query } }))
  return socket
}
