import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import { upgradeOf } from './raw-websocket.ts'
import { openTestServer, type TestServer, tokens, used } from './test-server.ts'

const server = await openTestServer()
afterAll(() => server[Symbol.asyncDispose]())

const url = `${server.url}/graphql`
const json = { 'content-type': 'application/json' }
const live = 'subscription { latestEnergy { soc } }'

/** What every client can read of a refusal. */
async function refusalOf(response: Response) {
  const { errors } = await response.json()
  expect(errors).toEqual([expect.objectContaining({ message: expect.any(String) })])
  expect(Object.keys(errors[0].extensions)).not.toContain('originalError')
  const { message, extensions } = errors[0]
  return { status: response.status, code: String(extensions.code), message: String(message) }
}

describe('a form of answer that there is not', () => {
  test.for(['text/csv', 'multipart/mixed', 'application/json;charset=utf-16'])(
    '%s is refused before a mutation is carried out',
    async (accept) => {
      const before = server.recorded()
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...json, accept, authorization: `Bearer ${tokens.ADMIN_TOKEN}` },
        body: JSON.stringify({ query: 'mutation { record }' }),
      })
      expect(await refusalOf(response)).toMatchObject({ status: 406, code: 'NOT_ACCEPTABLE' })
      expect(server.recorded()).toBe(before)
    },
  )

  test.for(['application/json', 'multipart/mixed;subscriptionSpec="1.0", application/json'])(
    'a subscription as %s is refused, and leaves nobody subscribed',
    async (accept) => {
      const ask = () =>
        fetch(url, {
          method: 'POST',
          headers: { ...json, accept },
          body: JSON.stringify({ query: live }),
        })
      for (const response of await Promise.all(Array.from({ length: 50 }, ask))) {
        expect(await refusalOf(response)).toEqual({
          status: 406,
          code: 'NOT_ACCEPTABLE',
          message: expect.stringContaining('text/event-stream'),
        })
      }
      expect(server.everSubscribed()).toBe(0)
    },
  )
})

describe('a body that is announced with Expect: 100-continue', () => {
  const announce = (length: number) =>
    `POST /graphql HTTP/1.1\r\nHost: localhost:${server.port}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`

  test('is asked for, and answered', async () => {
    const socket = connect(server.port, '127.0.0.1')
    const body = '{"query":"{ role }"}'
    socket.write(announce(body.length))
    const [proceed] = await once(socket, 'data')
    expect(String(proceed)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.end(body)
    expect(await text(socket)).toContain('{"data":{"role":"read"}}')
  })

  test('is refused before it is sent where it is too large', async () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.write(announce(100_000_000))
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1.1 413 .*BODY_TOO_LARGE/s)
  })
})

describe('a body', () => {
  const post = (body: string, type: string) =>
    fetch(url, { method: 'POST', headers: { 'content-type': type }, body })

  test.for(['application/graphql-response+json', 'text/plain', 'x'.repeat(300)])(
    'of the type %s is refused with the types that are read',
    async (type) => {
      const { status, code, message } = await refusalOf(await post('{}', type))
      expect([status, code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
      expect(message).toContain('application/json')
      expect(message.length).toBeLessThan(300)
    },
  )

  test('that is no JSON is refused, and no more of it is repeated than its beginning', async () => {
    for (const body of ['', 'null', '7', '"x"', '{"query"', `${'x'.repeat(100_000)}`]) {
      const { status, code, message } = await refusalOf(await post(body, 'application/json'))
      expect([status, code]).toEqual([400, 'BAD_REQUEST'])
      expect(message.length).toBeLessThan(200)
    }
  })

  test.for(['variables', 'extensions'])(
    'with broken JSON in %s is refused, by form and by GET',
    async (name) => {
      const form = new URLSearchParams({ query: '{ role }', [name]: '{"a":' })
      expect(await refusalOf(await fetch(`${url}?${form}`))).toMatchObject({
        status: 400,
        code: 'BAD_REQUEST',
      })
      const posted = await fetch(url, { method: 'POST', body: form })
      expect(await refusalOf(posted)).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
    },
  )

  test('with a parameter that there is not is refused, whatever it is called', async () => {
    for (const name of ['then', 'extra', 'x'.repeat(5000)]) {
      const body = JSON.stringify({ query: '{ role }', [name]: 1 })
      const refused = await refusalOf(await post(body, 'application/json'))
      expect(refused).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
      expect(refused.message.length).toBeLessThan(200)
    }
  })

  test('that is a form of very many fields is refused before it is taken apart', async () => {
    const form = 'application/x-www-form-urlencoded'
    const refused = await refusalOf(await post('a&'.repeat(100_000), form))
    expect(refused).toMatchObject({ status: 413, code: 'BODY_TOO_COMPLEX' })
  })

  test('that is compressed is refused as such, and one with a byte order mark is read', async () => {
    const body = '\uFEFF{"query":"{ role }"}'
    expect(await (await post(body, 'application/json')).json()).toEqual({ data: { role: 'read' } })
    const headers = { ...json, 'content-encoding': 'gzip' }
    const refused = await refusalOf(await fetch(url, { method: 'POST', headers, body }))
    expect(refused).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
    expect(refused.message).toContain('gzip')
  })

  test('may be a form or the text of a document', async () => {
    const answer = { data: { role: 'read' } }
    const form = new URLSearchParams({ query: '{ role }', variables: '{}' })
    expect(await (await fetch(url, { method: 'POST', body: form })).json()).toEqual(answer)
    expect(await (await post('{ role }', 'application/graphql')).json()).toEqual(answer)
  })
})

describe('what came', () => {
  test.for([
    ['a value', 'query ($id: Int!) { plant(id: $id) { id } }', { id: 'x'.repeat(100_000) }],
    ['quotes', 'query ($id: Int!) { plant(id: $id) { id } }', { id: '"'.repeat(80) }],
    ['many quotes', 'query ($id: Int!) { plant(id: $id) { id } }', { id: '"'.repeat(100_000) }],
    ['a list', 'query ($id: Int!) { plant(id: $id) { id } }', { id: Array(9000).fill(1) }],
    ['a literal', `{ plant(id: "${'x'.repeat(50_000)}") { id } }`, {}],
    ['a name', `{ ${'x'.repeat(50_000)} }`, {}],
    ['a parameter', '{ role }', {}, { ['p'.repeat(50_000)]: 1 }],
    ['an operation name', 'query A { role }', {}, { operationName: 'o'.repeat(50_000) }],
  ] as const)('is repeated by its beginning alone: %s', async ([, query, variables, more = {}]) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ query, variables, ...more }),
    })
    const { errors } = await response.json()
    for (const { message } of errors) expect(message.length).toBeLessThanOrEqual(300)
    expect(JSON.stringify(errors)).not.toMatch(/(x|p|o|1, |1,|\\+"){101}/)
  })
})

describe('what Node and ws refuse by themselves has a body with a code', () => {
  const upgrade = (method: string, key: string) =>
    `${method} /graphql HTTP/1.1\r\nHost: localhost:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`

  test.for([
    ['a handshake without a key', upgrade('GET', 'x'), 400, 'BAD_REQUEST'],
    ['a handshake by POST', upgrade('POST', 'dGhlIHNhbXBsZSBub25jZQ=='), 400, 'BAD_REQUEST'],
    ['an unreadable request', 'GET /graphql HTTP/1.1\r\nHost:\x01\r\n\r\n', 400, 'BAD_REQUEST'],
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    [
      'an expectation',
      'GET /livez HTTP/1.1\r\nHost: localhost\r\nExpect: cake\r\nConnection: close\r\n\r\n',
      417,
      'EXPECTATION_FAILED',
    ],
    [
      'a proxy asked for',
      'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n',
      405,
      'METHOD_NOT_ALLOWED',
    ],
    // The server gives it ten seconds.
    [
      'a request without an end',
      'GET /livez HTTP/1.1\r\nHost: localhost\r\n',
      408,
      'REQUEST_TIMEOUT',
    ],
    ['no host', 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n', 421, 'HOST_REFUSED'],
  ] as const)('%s', async ([, request, status, code]) => {
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(request)
    const answer = await text(socket)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer).toMatch(/^Cache-Control: no-store\r$/im)
    expect(answer).toMatch(/^X-Content-Type-Options: nosniff\r$/im)
    expect(
      JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')).replace(/^\s*[0-9a-f]+\r\n/, '')),
    ).toMatchObject({
      errors: [{ extensions: { code } }],
    })
  })
})

test('a request that is under way is answered before its connection is closed for what follows', async () => {
  const body = '{"query":"{ role }"}'
  const request = `POST /graphql HTTP/1.1\r\nHost: localhost:${server.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const socket = connect(server.port, '127.0.0.1')
  socket.write(`${request}POST /grap\r\n\r\n`)
  const answer = await text(socket)
  expect(answer.match(/^HTTP\/1.1 \d+/gm)).toEqual(['HTTP/1.1 200'])
  expect(answer).toContain('{"data":{"role":"read"}}')
})

test('what comes behind a request that cannot be read is not read, also while another is under way', async () => {
  await using own = await openTestServer()
  const body = '{"query":"{ slow }"}'
  const socket = connect(own.port, '127.0.0.1')
  socket.on('error', () => {})
  const answered = once(socket, 'data')
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: localhost:${own.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}\x01garbage\r\n\r\n`,
  )
  await own.slow
  const flood = 32 * 1024 * 1024
  socket.write(' '.repeat(flood))
  for (let count = 0; count < 20; count++) await fetch(`${own.url}/livez`)
  expect(socket.writableLength).toBeGreaterThan(0.5 * flood)
  own.release()
  expect(String(await answered)).toMatch(/^HTTP\/1.1 200 .*Connection: close\r\n.*"slow":"done"/s)
  socket.destroy()
})

describe('an upgrade behind a request', () => {
  const body = '{"query":"{ slow }"}'
  const sendBoth = (own: TestServer, header = '') => {
    const socket = connect(own.port, '127.0.0.1')
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: localhost:${own.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}${upgradeOf(own).replace('\r\n\r\n', `\r\n${header}\r\n`)}`,
    )
    return socket
  }

  test.for([
    ['is refused once the request is answered', ''],
    ['is refused likewise if it announces a body', 'Content-Length: 5\r\n'],
  ] as const)('%s', async ([, header]) => {
    await using own = await openTestServer()
    const socket = sendBoth(own, header)
    await own.slow
    own.release()
    const answer = await text(socket)
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
    expect(answer).toMatch(/"slow":"done".*Connection: close.*upgrade.*BAD_REQUEST/s)
  })

  test('does no harm if the client has left before the request is answered', async () => {
    await using own = await openTestServer()
    const socket = sendBoth(own)
    await own.slow
    socket.resetAndDestroy()
    await expect.poll(() => used(own, 'connections of any kind')).toBe(0)
    own.release()
    await expect
      .poll(() => own.log.filter(({ msg, path }) => msg === 'request' && path === '/graphql'))
      .toHaveLength(2)
  })
})

test.for([
  ['an upgrade', ({ port }: TestServer) => upgradeOf({ port })],
  ['CONNECT', () => 'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['nothing', () => ''],
] as const)(
  'all that wait on a connection are let go of when it is reset, with %s behind them',
  async ([, behind]) => {
    await using own = await openTestServer()
    const socket = connect(own.port, '127.0.0.1')
    socket.on('error', () => {})
    const stream = `GET /graphql?query=subscription{latestEnergy{soc}} HTTP/1.1\r\nHost: localhost:${own.port}\r\nAccept: text/event-stream\r\n\r\n`
    socket.write(stream.repeat(10) + behind(own))
    for (let count = 0; count < 5; count++) await fetch(`${own.url}/livez`)
    socket.resetAndDestroy()
    await expect.poll(() => used(own, 'connections')).toBe(0)
    await expect.poll(() => used(own, 'subscriptions')).toBe(0)
    expect(own.subscribers()).toBe(0)
  },
)

test('a response that waits behind another is sent before its connection is closed for what cannot be read', async () => {
  await using own = await openTestServer()
  const ask = (query: string) => {
    const body = JSON.stringify({ query })
    return `POST /graphql HTTP/1.1\r\nHost: localhost:${own.port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  }
  const socket = connect(own.port, '127.0.0.1')
  socket.write(ask('{ slow }') + ask('{ role }'))
  await own.slow
  await expect
    .poll(async () => (await fetch(`${own.url}/metrics`)).text())
    .toContain('heliograph_request_duration_seconds_count{operation="unnamed"} 1')
  socket.write('\x01\r\n\r\n')
  await fetch(`${own.url}/livez`)
  own.release()
  const answer = await text(socket)
  expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400'])
  expect(answer).toMatch(/"slow":"done".*"role":"read".*BAD_REQUEST/s)
})

test('a hundred entries of a header that is a list count', async () => {
  const asked = (commas: number) =>
    fetch(`${url}?query={role}`, { headers: { accept: `${','.repeat(commas)}application/json` } })
  expect((await asked(99)).status).toBe(200)
  expect((await asked(100)).status).toBe(406)
})

test('the target of a request may name the server', async () => {
  const socket = connect(server.port, '127.0.0.1')
  const origin = `localhost:${server.port}`
  socket.write(
    `GET http://${origin}/livez HTTP/1.1\r\nHost: ${origin}\r\nConnection: close\r\n\r\n`,
  )
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200 /)
})

test('a request by HEAD that cannot be read is refused without a body', async () => {
  const socket = connect(server.port, '127.0.0.1')
  socket.write(`HEAD /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`)
  expect(await text(socket)).toMatch(/^HTTP\/1.1 431 [^{]*\r\n\r\n$/)
})

test('sixteen requests of a connection may wait for their responses; the next is refused, and closes it', async () => {
  const ask = (query: string) =>
    `GET /graphql?query=${query} HTTP/1.1\r\nHost: localhost:${server.port}\r\nAccept: application/json\r\n\r\n`
  const socket = connect(server.port, '127.0.0.1')
  let answers = ''
  socket.on('data', (chunk) => {
    answers += chunk
  })
  const closed = once(socket, 'close')
  for (let time = 1; time <= 2; time++) {
    socket.write(ask('{role}').repeat(16))
    await expect.poll(() => answers.match(/"role":"read"/g)).toHaveLength(time * 16)
  }
  answers = ''
  socket.write(ask('{role}').repeat(16) + ask('{late:role}').repeat(16))
  await closed
  expect(answers.match(/"role":"read"/g)).toHaveLength(16)
  expect(answers.match(/HTTP\/1.1 \d+/g)?.slice(16)).toEqual(['HTTP/1.1 429'])
  expect(answers.split('HTTP/1.1 429')[1]).toMatch(/\bConnection: close\b.*TOO_MANY_REQUESTS/s)
  expect(answers).not.toContain('"late"')
})

test('a connection on which many more requests wait is closed at once', async () => {
  const socket = connect(server.port, '127.0.0.1')
  let answers = ''
  socket
    .on('error', () => {})
    .on('data', (chunk) => {
      answers += chunk
    })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(`GET /livez HTTP/1.1\r\nHost: localhost:${server.port}\r\n\r\n`.repeat(33))
  await closed
  expect(answers).not.toContain('TOO_MANY_REQUESTS')
})

test.for([
  ['GET', '100-continue', 200],
  ['POST', 'cake', 417],
] as const)(
  'the connection of %s with Expect: %s is closed after the response, because a body may follow',
  async ([method, expectation, status]) => {
    const socket = connect(server.port, '127.0.0.1')
    socket.write(
      `${method} /livez HTTP/1.1\r\nHost: localhost:${server.port}\r\nExpect: ${expectation}\r\nContent-Length: 100\r\n\r\n`,
    )
    expect(await text(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  },
)

test('nothing is kept by caches or taken for another type', async () => {
  for (const path of ['/livez', '/health', '/graphql?query={role}', '/nowhere']) {
    const { headers } = await fetch(`${server.url}${path}`)
    expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual([
      'no-store',
      'nosniff',
    ])
  }
})
