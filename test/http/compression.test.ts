import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import {
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql'
import { expect, test } from 'vitest'
import { bearer, byYogaAlone, openTestServer, type TestServer, tokens } from './test-server.ts'

const field = (cacheable: boolean) => ({
  type: GraphQLString,
  args: { size: { type: new GraphQLNonNull(GraphQLInt) } },
  extensions: { cacheable },
  resolve: (_: unknown, { size }: { size: number }) => '☀'.repeat(size),
})
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: { stored: field(true), clock: field(false) },
  }),
})

async function openServer() {
  const store = { version: 1 }
  const server = await openTestServer(
    {},
    { schema, readDataVersion: async () => `${store.version}` },
  )
  return Object.assign(server, { store })
}

/** Asks without what `fetch` does by itself. */
async function ask(
  server: TestServer,
  query: string,
  { method = 'POST', ...headers }: { method?: string; [header: string]: string | undefined } = {},
) {
  const path = method === 'GET' ? `/graphql?query=${encodeURIComponent(query)}` : '/graphql'
  const request = httpRequest(`${server.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
  })
  request.end(method === 'POST' ? JSON.stringify({ query }) : undefined)
  const [response]: IncomingMessage[] = await once(request, 'response')
  if (response === undefined) throw new Error('Expected a response')
  const body = await buffer(response)
  const { 'content-encoding': encoding = 'identity' } = response.headers
  const decoded = decoders[encoding]?.(body) ?? body
  return {
    status: response.statusCode,
    headers: response.headers,
    encoding,
    body,
    text: `${decoded}`,
  }
}

const decoders: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
}

test.for([
  ['gzip', 'gzip'],
  ['gzip, deflate', 'gzip'],
  ['gzip, deflate, br', 'br'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['GZIP;q=1.0, br;q=0.5', 'gzip'],
  ['*', 'zstd'],
  ['*;q=0.1, zstd;q=0', 'br'],
  ['br;q=0, gzip;q=0', 'identity'],
  ['identity, gzip;q=0.5', 'identity'],
  ['deflate', 'identity'],
  ['', 'identity'],
] as const)('what a client says to accept, %s, is sent as %s', async ([accept, expected]) => {
  await using server = await openServer()
  for (const name of ['stored', 'stored', 'stored', 'clock']) {
    const { encoding, body, text, headers } = await ask(server, `{ ${name}(size: 2000) }`, {
      'accept-encoding': accept,
    })
    expect(encoding).toBe(expected)
    expect(JSON.parse(text)).toEqual({ data: { [name]: '☀'.repeat(2000) } })
    expect(headers['content-length']).toBe(`${body.length}`)
    expect(headers.vary).toContain('Accept-Encoding')
    if (expected !== 'identity') expect(body.length).toBeLessThan(200)
  }
})

test('a short answer and a stream of events are not compressed', async () => {
  await using server = await openServer()
  const short = await ask(server, '{ stored(size: 10) }', { 'accept-encoding': 'gzip, br, zstd' })
  expect(short.encoding).toBe('identity')
  await using streaming = await openTestServer()
  const response = await fetch(
    `${streaming.url}/graphql?query=${encodeURIComponent('subscription { latestEnergy { bulk(size: 5000) } }')}`,
    { headers: { accept: 'text/event-stream', 'accept-encoding': 'gzip, br' } },
  )
  await streaming.subscribed(1)
  streaming.emit(1)
  const reader = response.body?.getReader()
  let text = ''
  while (!text.includes('xxx')) text += new TextDecoder().decode((await reader?.read())?.value)
  expect([null, 'none']).toContain(response.headers.get('content-encoding'))
  await reader?.cancel()
})

test.skipIf(byYogaAlone)(
  'who asks by GET may keep the answer, and is told whether it is still the same',
  async () => {
    await using server = await openServer()
    const query = '{ stored(size: 2000) }'
    const first = await ask(server, query, { method: 'GET', 'accept-encoding': 'gzip' })
    expect(first.headers).toMatchObject({ 'cache-control': 'private, no-cache' })
    const { etag } = first.headers
    expect(etag).toMatch(/^W\/"[\w-]{22}"$/)
    for (const name of [etag, `"other", ${etag}`, `${etag}`.slice(2), '*']) {
      const again = await ask(server, query, { method: 'GET', 'if-none-match': name })
      expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag])
      expect(again.headers['content-length']).toBeUndefined()
    }
    server.store.version++
    const other = await ask(server, '{ stored(size: 2001) }', {
      method: 'GET',
      'if-none-match': etag,
    })
    expect([other.status, other.headers.etag === etag]).toEqual([200, false])
    const refused = await ask(server, query, {
      ...{ method: 'GET', 'if-none-match': etag },
      authorization: 'Bearer wrong',
    })
    expect([refused.status, refused.headers['cache-control']]).toEqual([401, 'no-store'])
    const posted = await ask(server, query, { 'if-none-match': etag, ...bearer(tokens.READ_TOKEN) })
    expect([posted.status, posted.headers['cache-control']]).toEqual([200, 'no-store'])
    const clock = await ask(server, '{ clock(size: 1) }', { method: 'GET' })
    expect([clock.headers['cache-control'], clock.headers.etag]).toEqual(['no-store', undefined])
  },
)

test('an idle connection is kept for longer than proxies keep theirs', async () => {
  await using server = await openServer()
  const { headers } = await ask(server, '{ clock(size: 1) }', { connection: 'keep-alive' })
  expect(headers['keep-alive']).toBe('timeout=65')
})
