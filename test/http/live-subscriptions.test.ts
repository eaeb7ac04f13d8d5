import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { maxRetainedBytes, maxSubscriptionCharacters } from '../../src/http/limits.ts'
import { openRawClient } from './raw-client.ts'
import { bearer, openTestServer, type TestServer, tokens, used } from './test-server.ts'

const live = 'subscription { latestEnergy { soc } }'

/** Opens an event stream; answers its first result. */
async function openEvents(
  testServer: TestServer,
  query: string,
  { variables = {}, headers = {} }: { variables?: object; headers?: object } = {},
): Promise<{ response: IncomingMessage; first: Promise<unknown> } & Disposable> {
  const asked = request(`${testServer.url}/graphql`, {
    method: 'POST',
    headers: { accept: 'text/event-stream', 'content-type': 'application/json', ...headers },
    agent: false,
  })
  asked.end(JSON.stringify({ query, variables }))
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const first = Promise.withResolvers<unknown>()
  let text = ''
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
    const data = /^event: next\ndata: (.*)$/m.exec(text)?.[1]
    if (data !== undefined) first.resolve(JSON.parse(data))
  })
  response.on('error', () => {})
  return { response, first: first.promise, [Symbol.dispose]: () => response.destroy() }
}

/** Both ways to subscribe, each answering what came first: a result, or errors. */
const ways: [
  string,
  (testServer: TestServer, query: string, variables?: object) => Promise<unknown>,
][] = [
  [
    'WebSocket',
    async (testServer, query, variables) => {
      using rawClient = await openRawClient(testServer)
      rawClient.ask('1', query, variables)
      const message = (await rawClient.next()) as { type: string; payload: unknown }
      return message.type === 'error' ? { errors: message.payload } : message.payload
    },
  ],
  [
    'server-sent events',
    async (testServer, query, variables) => {
      using events = await openEvents(
        testServer,
        query,
        variables === undefined ? {} : { variables },
      )
      return await events.first
    },
  ],
]

const refused = (code: string, message: RegExp) => ({
  errors: [{ message: expect.stringMatching(message), extensions: { code } }],
})

describe.for(ways)('over %s', ([, subscribe]) => {
  test('text and variables of more than 16 Ki characters are refused', async () => {
    await using testServer = await openTestServer()
    const accepted = async (text: string, variables?: object) => {
      const first = subscribe(testServer, text, variables)
      await testServer.subscribed(1)
      testServer.emit(1)
      expect(await first).toEqual({ data: { latestEnergy: { soc: 1 } } })
      await testServer.subscribed(0)
    }
    const query = 'subscription ($text: Float) { latestEnergy(above: $text) { soc } }'
    const padded = (length: number) => query.padEnd(length, ' ')
    const shorter = padded(maxSubscriptionCharacters - 10)
    await accepted(shorter)
    // What is not declared is not kept.
    await accepted(query, { other: 'x'.repeat(maxSubscriptionCharacters) })
    const tooLong = refused('QUERY_TOO_COMPLEX', /16384 characters/)
    expect(await subscribe(testServer, padded(maxSubscriptionCharacters))).toMatchObject(tooLong)
    expect(await subscribe(testServer, shorter, { text: 123_456 })).toMatchObject(tooLong)
  })
})

test('one client may have half of the subscriptions, and another the rest', async () => {
  await using testServer = await openTestServer({
    MAX_SUBSCRIPTIONS: '8',
    MAX_SUBSCRIPTIONS_PER_CONNECTION: '3',
  })
  using stack = new DisposableStack()
  const open = async (token: string) =>
    stack.use(await openRawClient(testServer, { init: { authorization: `Bearer ${token}` } }))
  const [one, other] = [await open(tokens.READ_TOKEN), await open(tokens.READ_TOKEN)]
  for (const id of ['1', '2', '3']) one.ask(id, live)
  stack.use(await openEvents(testServer, live))
  await testServer.subscribed(4)
  other.ask('1', live)
  const tooMany = refused(
    'TOO_MANY_SUBSCRIPTIONS',
    /^Expected at most 4 .*one client.*MAX_SUBSCRIPTIONS$/,
  )
  expect(await other.next()).toMatchObject({ type: 'error', payload: tooMany.errors })
  using events = await openEvents(testServer, live)
  expect(await events.first).toMatchObject(tooMany)

  const writer = await open(tokens.INGEST_TOKEN)
  for (const id of ['1', '2', '3']) writer.ask(id, live)
  stack.use(await openEvents(testServer, live, { headers: bearer(tokens.INGEST_TOKEN) }))
  await testServer.subscribed(8)
  using last = await openEvents(testServer, live, { headers: bearer(tokens.ADMIN_TOKEN) })
  expect(await last.first).toMatchObject(
    refused('TOO_MANY_SUBSCRIPTIONS', /^This server has 8 .*MAX_SUBSCRIPTIONS$/),
  )
  expect(testServer.usage()).toContainEqual({ name: 'subscriptions', used: 8, most: 8 })
  one.send({ type: 'complete', id: '1' })
  await testServer.subscribed(7)
  other.ask('1', live)
  await testServer.subscribed(8)
})

test('different subscriptions are kept in bounded memory, those that are alike in no more', async () => {
  await using testServer = await openTestServer({ MAX_SUBSCRIPTIONS_PER_CONNECTION: '1000' })
  using rawClient = await openRawClient(testServer)
  const fields = Array.from({ length: 99 }, (_, index) => `a${index}: plus(soc: ${index})`)
  const different = (index: number) =>
    `subscription { latestEnergy { soc${index}: soc ${fields.join(' ')} } }`
  const errors: unknown[] = []
  rawClient.socket.on('message', (data) => errors.push(JSON.parse(String(data))))
  const asked = 220
  for (let index = 0; index < asked; index++) rawClient.ask(String(index), different(index))
  await expect.poll(() => testServer.subscribers() + errors.length).toBe(asked)
  const count = testServer.subscribers()
  const tooMany = { type: 'error', payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }] }
  expect(errors).toMatchObject(Array.from({ length: asked - count }, () => tooMany))
  const kept = used(testServer, 'bytes kept of subscriptions')
  // One client's half.
  expect(kept).toBeGreaterThan(0.99 * (maxRetainedBytes / 2))
  expect(kept).toBeLessThanOrEqual(maxRetainedBytes / 2)
  using other = await openRawClient(testServer, {
    init: { authorization: `Bearer ${tokens.ADMIN_TOKEN}` },
  })
  for (let index = 0; index < 100; index++) other.ask(String(index), live)
  await testServer.subscribed(count + 100)
  rawClient.socket.terminate()
  other.socket.terminate()
  await testServer.subscribed(0)
  expect(used(testServer, 'bytes kept of subscriptions')).toBe(0)
})

test('an event stream is over as soon as its client has left', async () => {
  await using testServer = await openTestServer()
  const streams = await Promise.all([1, 2, 3].map(() => openEvents(testServer, live)))
  await testServer.subscribed(3)
  for (const stream of streams) stream[Symbol.dispose]()
  // Yoga would notice with its next ping, in twelve seconds.
  await expect.poll(() => testServer.subscribers(), { timeout: 5000 }).toBe(0)
  expect(used(testServer, 'subscriptions')).toBe(0)
})

describe('subscriptions whose answer has no form', () => {
  test.for(['application/json', 'multipart/mixed;subscriptionSpec="1.0", application/json'])(
    'as %s leave nothing behind',
    async (accept) => {
      await using testServer = await openTestServer({ MAX_SUBSCRIPTIONS: '50' })
      for (let index = 0; index < 100; index++) {
        const response = await fetch(`${testServer.url}/graphql`, {
          method: 'POST',
          headers: { accept, 'content-type': 'application/json' },
          body: JSON.stringify({ query: live }),
        })
        expect(response.status).toBe(406)
        await response.body?.cancel()
      }
      expect(testServer.subscribers()).toBe(0)
      expect(used(testServer, 'subscriptions')).toBe(0)
      using events = await openEvents(testServer, live)
      await testServer.subscribed(1)
      testServer.emit(5)
      expect(await events.first).toEqual({ data: { latestEnergy: { soc: 5 } } })
    },
  )
})
