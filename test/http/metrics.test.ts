import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { createClient } from 'graphql-ws'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { openTestServer, post, tokens, used } from './test-server.ts'

/** Returns the value of each series, by its name and labels as they are written. */
async function scrape(server: { url: string }): Promise<Map<string, number>> {
  const response = await fetch(`${server.url}/metrics`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = (await response.text()).split('\n').filter((line) => /^[^#]/.test(line))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

test('requests are counted by the name of their operation and the code of their first error', async () => {
  await using server = await openTestServer()
  await post(server, 'query Mine { role }')
  await post(server, 'query Mine { role }')
  await post(server, '{ role }')
  await post(server, 'query Mine { refused }')
  await post(server, 'query Unknown { nothing }')
  await post(server, 'query {')
  await post(server, '{ role }', { headers: { authorization: 'Bearer mistyped' } })
  const series = await scrape(server)
  const requests = [...series].filter(([name]) => name.startsWith('heliograph_requests_total'))
  expect(Object.fromEntries(requests)).toEqual({
    'heliograph_requests_total{operation="Mine",code="OK"}': 2,
    'heliograph_requests_total{operation="unnamed",code="OK"}': 1,
    'heliograph_requests_total{operation="Mine",code="INVALID_RANGE"}': 1,
    'heliograph_requests_total{operation="other",code="GRAPHQL_VALIDATION_FAILED"}': 1,
    'heliograph_requests_total{operation="unnamed",code="GRAPHQL_PARSE_FAILED"}': 1,
    'heliograph_requests_total{operation="unnamed",code="UNAUTHENTICATED"}': 1,
  })
})

test('latencies add up to the requests, each bucket with those before it', async () => {
  await using server = await openTestServer()
  for (let asked = 0; asked < 5; asked++) await post(server, 'query Mine { role }')
  const series = await scrape(server)
  const buckets = [...series].filter(([name]) =>
    name.startsWith('heliograph_request_duration_seconds_bucket'),
  )
  const counts = buckets.map(([, count]) => count)
  expect(counts).toEqual(counts.toSorted((one, other) => one - other))
  expect(buckets.at(-1)).toEqual([
    'heliograph_request_duration_seconds_bucket{operation="Mine",le="+Inf"}',
    5,
  ])
  expect(series.get('heliograph_request_duration_seconds_count{operation="Mine"}')).toBe(5)
  expect(series.get('heliograph_request_duration_seconds_sum{operation="Mine"}')).toBeGreaterThan(0)
})

test('the first hundred names have a series each, of 64 characters, and all others one', async () => {
  await using server = await openTestServer()
  const long = 'n'.repeat(80)
  await post(server, '{ role }')
  await post(server, `query ${long} { role }`)
  for (let number = 0; number < 120; number++) await post(server, `query R${number} { nothing }`)
  for (let number = 0; number < 120; number++) await post(server, `query Q${number} { role }`)
  await post(server, 'query Q0 { role }')
  const series = await scrape(server)
  const named = (name: string) =>
    series.get(`heliograph_requests_total{operation="${name}",code="OK"}`)
  expect(named('n'.repeat(64))).toBe(1)
  expect(named('Q0')).toBe(2)
  expect(named('Q98')).toBe(1)
  expect(named('Q99')).toBeUndefined()
  expect(named('other')).toBe(21)
})

test('an answer that was made for an equal request counts as reused', async () => {
  const role = { type: GraphQLString, resolve: () => 'read', extensions: { cacheable: true } }
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { role } }),
  })
  await using server = await openTestServer(
    {},
    { schema, readDataVersion: async () => 'the only version' },
  )
  const reused = async () => (await scrape(server)).get('heliograph_answers_reused_total')
  // The first makes the request known, the second makes an answer that is kept.
  await post(server, 'query Mine { role }')
  await post(server, 'query Mine { role }')
  expect(await reused()).toBe(0)
  await post(server, 'query Mine { role }')
  await post(server, 'query Mine { role }')
  expect(await reused()).toBe(2)
  expect((await scrape(server)).get('heliograph_requests_total{operation="Mine",code="OK"}')).toBe(
    4,
  )
})

test('subscriptions, their connections and their messages are counted over both transports', async () => {
  await using server = await openTestServer()
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
  })
  const events = client.iterate({ query: 'subscription Live { latestEnergy { soc } }' })
  const first = events.next()
  const leave = new AbortController()
  const stream = await fetch(
    `${server.url}/graphql?query=${encodeURIComponent('subscription { latestEnergy { soc } }')}`,
    { headers: { accept: 'text/event-stream' }, signal: leave.signal },
  )
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  await server.subscribed(2)
  server.emit(50)
  await first
  for (let text = ''; !text.includes('"soc":50'); text += (await reader?.read())?.value ?? '');
  const series = await scrape(server)
  expect(series.get('heliograph_subscriptions')).toBe(2)
  expect(series.get('heliograph_websocket_connections')).toBe(1)
  expect(series.get('heliograph_event_streams')).toBe(1)
  expect(series.get('heliograph_messages_sent_total')).toBe(2)
  expect(series.get('heliograph_limit_used{limit="connections"}')).toBe(2)
  expect(series.get('heliograph_requests_total{operation="Live",code="OK"}')).toBe(1)
  leave.abort()
  await client.dispose()
  await server.subscribed(0)
  await expect.poll(async () => (await scrape(server)).get('heliograph_subscriptions')).toBe(0)
})

test('what other parts measure stands beside it, and so do memory and garbage collection', async () => {
  const lag = { name: 'heliograph_feed_lag_seconds', help: 'Lag', type: 'gauge' as const }
  await using server = await openTestServer(
    {},
    { measure: async () => [{ ...lag, value: 1.5, labels: { of: 'a "quoted" one' } }] },
  )
  const series = await scrape(server)
  expect(series.get('heliograph_feed_lag_seconds{of="a \\"quoted\\" one"}')).toBe(1.5)
  expect(series.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
})

test('who may read may scrape', async () => {
  await using server = await openTestServer({ PUBLIC_READ: 'false' })
  const status = async (token?: string) => {
    const headers: Record<string, string> =
      token === undefined ? {} : { authorization: `Bearer ${token}` }
    return (await fetch(`${server.url}/metrics`, { headers })).status
  }
  expect(await status()).toBe(401)
  expect(await status('mistyped')).toBe(401)
  expect(await status(tokens.READ_TOKEN)).toBe(200)
})

test('many scrapes at once are given the same numbers, which are collected once', async () => {
  let collected = 0
  const released = Promise.withResolvers<void>()
  const measure = async () => {
    collected += 1
    await released.promise
    return [{ name: 'collected', help: 'How often', type: 'counter' as const, value: collected }]
  }
  await using server = await openTestServer({}, { measure })
  const scrapes = Array.from({ length: 20 }, () => scrape(server))
  await expect.poll(() => used(server, 'connections of any kind')).toBe(20)
  await fetch(`${server.url}/livez`)
  released.resolve()
  for (const series of await Promise.all(scrapes)) expect(series.get('collected')).toBe(1)
  expect((await scrape(server)).get('collected')).toBe(2)
})
