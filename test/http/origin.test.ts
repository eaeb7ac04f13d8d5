import { once } from 'node:events'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { afterAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { openTestServer, type TestServer, tokens } from './test-server.ts'

const allowed = 'https://solar.example'
const testServer = await openTestServer({ CORS_ORIGINS: allowed })
const closed = await openTestServer({ PUBLIC_READ: 'false' })
const open = await openTestServer({ HOST: '0.0.0.0', PUBLIC_READ: 'true' })
const proxied = await openTestServer({ TRUST_PROXY: '127.0.0.0/8', PUBLIC_READ: 'true' })
afterAll(() =>
  Promise.all([testServer, closed, open, proxied].map((each) => each[Symbol.asyncDispose]())),
)

type Headers = Record<string, string | undefined>

/** `fetch` does not let a caller choose Host and Origin. */
function send(
  server: TestServer,
  method: string,
  headers: Headers,
  path = '/graphql?query={role}',
) {
  const body = method === 'POST' ? '{"query":"{ role }"}' : ''
  return new Promise<{ status: number | undefined; headers: IncomingHttpHeaders }>(
    (resolve, reject) => {
      const given = Object.entries({ 'content-type': 'application/json', ...headers })
      const request = httpRequest(
        { port: server.port, method, path, headers: Object.fromEntries(given), agent: false },
        (response) => {
          response.resume()
          response.on('end', () =>
            resolve({ status: response.statusCode, headers: response.headers }),
          )
        },
      )
      request.on('error', reject)
      request.end(body)
    },
  )
}

/** The status that an upgrade is answered with: 101 where it is accepted. */
function upgrade(server: TestServer, headers: Headers) {
  return new Promise<number | undefined>((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/graphql`, 'graphql-transport-ws', {
      headers,
    })
    socket.on('error', () => undefined)
    socket.on('unexpected-response', (request, { statusCode }) => {
      request.destroy()
      resolve(statusCode)
    })
    socket.on('open', () => {
      socket.terminate()
      resolve(101)
    })
  })
}

const closedHost = {
  host: `127.0.0.1:${closed.port}`,
  authorization: `Bearer ${tokens.READ_TOKEN}`,
}
const local = `127.0.0.1:${testServer.port}`
const visitor = { 'x-forwarded-for': '203.0.113.9' }
const table: [string, TestServer, Headers, number][] = [
  ['no origin, as every program sends', testServer, { host: local }, 200],
  ['the server itself', testServer, { host: local, origin: `http://${local}` }, 200],
  [
    'localhost',
    testServer,
    { host: `localhost:${testServer.port}`, origin: `http://localhost:${testServer.port}` },
    200,
  ],
  ['loopback of IPv6', testServer, { host: `[::1]:${testServer.port}` }, 200],
  ['an allowed origin', testServer, { host: local, origin: allowed }, 200],
  ['a foreign origin', testServer, { host: local, origin: 'https://evil.example' }, 403],
  [
    'another server of this machine',
    testServer,
    { host: local, origin: 'http://127.0.0.1:1' },
    200,
  ],
  ['a development server', testServer, { host: local, origin: 'http://localhost:5173' }, 200],
  ['a development server by IPv6', testServer, { host: local, origin: 'http://[::1]:80' }, 200],
  ['one where reading needs a token', closed, { ...closedHost, origin: 'http://localhost:1' }, 403],
  ['one where all may come', open, { host: 'plant.lan:4000', origin: 'http://localhost:1' }, 403],
  [
    'one with a token',
    testServer,
    {
      host: local,
      origin: 'http://localhost:5173',
      authorization: `Bearer ${tokens.ADMIN_TOKEN}`,
    },
    403,
  ],
  [
    'one that a name was rebound from',
    testServer,
    { host: `evil.example:${testServer.port}`, origin: 'http://localhost:5173' },
    421,
  ],
  [
    'a name that begins like this machine',
    testServer,
    { host: local, origin: 'http://localhost.evil.example' },
    403,
  ],
  [
    'a name below this machine',
    testServer,
    { host: local, origin: 'http://evil.localhost:5173' },
    403,
  ],
  [
    'an allowed name with another scheme',
    testServer,
    { host: local, origin: 'http://solar.example' },
    403,
  ],
  [
    'an allowed name as a prefix',
    testServer,
    { host: local, origin: `${allowed}.evil.example` },
    403,
  ],
  ['a page without an origin', testServer, { host: local, origin: 'null' }, 403],
  ['a name rebound to loopback', testServer, { host: `evil.example:${testServer.port}` }, 421],
  ['a loopback name with another port', testServer, { host: '127.0.0.1:1' }, 421],
  [
    'a rebound page',
    testServer,
    { host: `evil.example:${testServer.port}`, origin: `http://evil.example:${testServer.port}` },
    421,
  ],
  [
    'a forwarded host from nobody',
    testServer,
    { host: local, origin: allowed.replace('solar', 'evil'), 'x-forwarded-host': 'evil.example' },
    403,
  ],
  ['any name where all may come', open, { host: 'plant.lan:4000' }, 200],
  ['its own page there', open, { host: 'plant.lan:4000', origin: 'http://plant.lan:4000' }, 200],
  ['its own page behind TLS', open, { host: 'plant.lan', origin: 'https://plant.lan' }, 200],
  [
    'its own name on another port',
    open,
    { host: 'plant.lan:4000', origin: 'http://plant.lan' },
    403,
  ],
  [
    'a page of the proxied name',
    proxied,
    { host: local, ...visitor, 'x-forwarded-host': 'plant.lan', origin: 'https://plant.lan' },
    200,
  ],
  [
    'a foreign page through the proxy',
    proxied,
    { host: local, ...visitor, 'x-forwarded-host': 'plant.lan', origin: 'https://evil.lan' },
    403,
  ],
  [
    'a proxy that passes the name on as it came',
    proxied,
    { host: 'plant.lan', ...visitor, origin: 'https://plant.lan' },
    200,
  ],
  [
    'a program beside the proxy',
    proxied,
    { host: `127.0.0.1:${proxied.port}`, origin: `http://127.0.0.1:${proxied.port}` },
    200,
  ],
  ['a name rebound to loopback beside the proxy', proxied, { host: 'evil.example' }, 421],
  [
    'a rebound page beside the proxy that names this machine as the forwarded host',
    proxied,
    { host: 'evil.example', 'x-forwarded-host': `127.0.0.1:${proxied.port}` },
    421,
  ],
]

describe.for(table)('%s', ([, server, headers, status]) => {
  test('by POST, by GET, by WebSocket', async () => {
    expect((await send(server, 'POST', headers)).status).toBe(status)
    expect((await send(server, 'GET', headers)).status).toBe(status)
    expect(await upgrade(server, headers)).toBe(status === 200 ? 101 : status)
  })
})

test('only a page of an allowed origin is told that it may read', async () => {
  const cors = (headers: IncomingHttpHeaders) =>
    Object.fromEntries(
      Object.entries(headers).filter(([name]) => /^access-control|^vary/.test(name)),
    )
  const asked = { host: local, 'access-control-request-headers': 'authorization' }

  const answer = await send(testServer, 'POST', { host: local, origin: allowed })
  expect(cors(answer.headers)).toEqual({ 'access-control-allow-origin': allowed, vary: 'Origin' })
  const refused = await send(testServer, 'POST', {
    host: local,
    origin: allowed,
    authorization: 'Bearer x',
  })
  expect(refused.status).toBe(401)
  expect(cors(refused.headers)).toMatchObject({ 'access-control-allow-origin': allowed })
  const preflight = await send(testServer, 'OPTIONS', { ...asked, origin: allowed })
  expect(preflight.status).toBe(204)
  expect(cors(preflight.headers)).toMatchObject({
    'access-control-allow-origin': allowed,
    'access-control-allow-headers': 'authorization',
    'access-control-allow-methods': 'GET, POST',
  })
  const foreign = await send(testServer, 'OPTIONS', { ...asked, origin: 'https://evil.example' })
  expect([foreign.status, cors(foreign.headers)]).toEqual([403, {}])
  expect(cors((await send(testServer, 'POST', { host: local })).headers)).toEqual({
    vary: 'Origin',
  })
  expect(cors((await send(open, 'POST', { host: local })).headers)).toEqual({})
})

test('a page of this machine reads without a token, and is not let in with one', async () => {
  const origin = 'http://localhost:5173'
  const read = await send(testServer, 'POST', { host: local, origin })
  expect(read.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' })
  const preflight = (asked: string) =>
    send(testServer, 'OPTIONS', { host: local, origin, 'access-control-request-headers': asked })
  expect((await preflight('content-type')).status).toBe(204)
  expect((await preflight('content-type, Authorization')).status).toBe(403)

  const init = async (payload: object) => {
    const url = `ws://${local}/graphql`
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers: { origin } })
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init', payload }))
    const [said, reason] = await Promise.race([once(socket, 'message'), once(socket, 'close')])
    socket.terminate()
    return reason instanceof Buffer ? `${said} ${reason}` : JSON.parse(String(said))
  }
  expect(await init({})).toEqual({ type: 'connection_ack' })
  expect(await init({ authorization: `Bearer ${tokens.ADMIN_TOKEN}` })).toMatch(
    /^4403 .*CORS_ORIGINS/,
  )
})

test('each host and origin that is refused is one warning, with its cure', async () => {
  await using server = await openTestServer()
  const host = `127.0.0.1:${server.port}`
  const warnings = () => server.log.filter(({ level }) => level === 40).map(({ msg }) => msg)
  for (const origin of ['https://a.example', 'https://b.example', 'https://a.example']) {
    await send(server, 'POST', { host, origin })
    await upgrade(server, { host, origin })
  }
  await send(server, 'GET', { host: 'solar.example' })
  await send(server, 'GET', { host })
  expect(warnings()).toEqual([
    expect.stringMatching(/https:\/\/a\.example .*CORS_ORIGINS/),
    expect.stringMatching(/https:\/\/b\.example .*CORS_ORIGINS/),
    expect.stringMatching(/solar\.example.*TRUST_PROXY/),
  ])
  for (let name = 0; name < 200; name++) {
    await send(server, 'GET', { host, origin: `https://${name}.example` })
  }
  expect(warnings().length).toBeLessThan(110)
  expect(warnings().at(-1)).toMatch(/no more of them are logged/)
})

test('the address in the log is the one that the trusted proxy saw', async () => {
  const forwarded = { host: local, 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 127.0.0.3' }
  await send(proxied, 'GET', forwarded, '/livez')
  await send(testServer, 'GET', forwarded, '/readyz')
  const client = (server: TestServer, path: string) => () =>
    server.log.find((entry) => entry.path === path)?.client
  await expect.poll(client(proxied, '/livez')).toBe('203.0.113.9')
  await expect.poll(client(testServer, '/readyz')).toBe('127.0.0.1')
})

test('with a proxy reading needs a token, unless everyone is let in', async () => {
  await using guarded = await openTestServer({ TRUST_PROXY: '127.0.0.1' })
  const roleOf = async (headers: Record<string, string>) => {
    const answer = await fetch(`${guarded.url}/graphql?query={role}`, { headers })
    return answer.status
  }
  expect(await roleOf(visitor)).toBe(401)
  expect(await roleOf({})).toBe(401)
  expect(await roleOf({ ...visitor, authorization: `Bearer ${tokens.READ_TOKEN}` })).toBe(200)
})

test('a proxy that is no address is told at the start', async () => {
  await expect(openTestServer({ TRUST_PROXY: 'nginx' })).rejects.toMatchObject({
    code: 'CONFIGURATION_INVALID',
    message: expect.stringContaining('TRUST_PROXY'),
  })
})
