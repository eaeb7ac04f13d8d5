import { afterAll, expect, test } from 'vitest'
import { openRawClient } from './raw-client.ts'
import { openTestServer, tokens } from './test-server.ts'

const server = await openTestServer({ MAX_SUBSCRIPTIONS_PER_CONNECTION: '1000' })
afterAll(() => server[Symbol.asyncDispose]())

const live = 'subscription Live { latestEnergy { soc } }'
const next = (id: string, latestEnergy: object) => ({
  id,
  type: 'next',
  payload: { data: { latestEnergy } },
})

/** How many executions there are from the emission until the given messages have come. */
async function executionsOf(soc: number, received: () => Promise<unknown>): Promise<number> {
  const before = server.executions()
  server.emit(soc)
  await received()
  return server.executions() - before
}

test('a thousand equal subscriptions and one event are one execution', async () => {
  using one = await openRawClient(server)
  using other = await openRawClient(server)
  for (let index = 0; index < 500; index++) {
    one.ask(`one-${index}`, live)
    other.ask(`other-${index}`, live)
  }
  await server.subscribed(1000)
  const received = async () => {
    for (let index = 0; index < 500; index++) {
      expect(await one.next()).toEqual(next(`one-${index}`, { soc: 5 }))
      expect(await other.next()).toEqual(next(`other-${index}`, { soc: 5 }))
    }
  }
  expect(await executionsOf(5, received)).toBe(1)
})

test('server-sent events share the execution of sockets', async () => {
  using client = await openRawClient(server)
  client.ask('1', live)
  const leave = new AbortController()
  const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent(live)}`, {
    headers: { accept: 'text/event-stream' },
    signal: leave.signal,
  })
  const events = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  await server.subscribed(2)
  const received = async () => {
    await client.next()
    let text = ''
    while (!text.includes('data: {')) text += (await events?.read())?.value ?? ''
    expect(text).toContain('event: next\ndata: {"data":{"latestEnergy":{"soc":6}}}\n\n')
  }
  expect(await executionsOf(6, received)).toBe(1)
  leave.abort()
  await server.subscribed(1)
})

test('fields, aliases, fragments and directives are each answered as asked', async () => {
  using client = await openRawClient(server)
  const query = (fields: string) => `subscription ($with: Boolean!) { latestEnergy { ${fields} } }
    fragment F on Telemetry { pvPower }`
  const asked: [string, boolean, object][] = [
    ['charge: soc ...F @include(if: $with)', true, { charge: 7, pvPower: 4000 }],
    ['charge: soc ...F @include(if: $with)', false, { charge: 7 }],
    ['soc ...F @skip(if: $with)', false, { soc: 7, pvPower: 4000 }],
    ['...F plus(soc: 1) @include(if: $with)', true, { pvPower: 4000, plus: 8 }],
  ]
  for (const [index, [fields, given]] of asked.entries()) {
    client.ask(String(index), query(fields), { with: given })
  }
  await server.subscribed(asked.length)
  server.emit(7)
  const messages = new Map<unknown, unknown>()
  for (const _ of asked) {
    const message = await client.next()
    messages.set(message && typeof message === 'object' && 'id' in message && message.id, message)
  }
  for (const [index, [, , fields]] of asked.entries()) {
    expect(messages.get(String(index))).toEqual(next(String(index), fields))
  }
})

test('the pace is not part of what is shared, all other variables are', async () => {
  using client = await openRawClient(server)
  const query = `subscription ($pace: Int, $above: Float, $extra: Float!) {
    latestEnergy(pace: $pace, above: $above) { soc plus(soc: $extra) }
  }`
  client.ask('1', query, { extra: 1, pace: 1 })
  client.ask('2', query, { pace: 2, extra: 1 })
  client.ask('3', query, { extra: 2, pace: 1 })
  client.ask('4', query, { extra: 1, above: 3 })
  client.ask('5', query, { extra: 1, above: null })
  client.ask('6', query, { pace: 'fast', extra: 1 })
  expect(await client.next()).toMatchObject({ id: '6', type: 'error' })
  await server.subscribed(5)
  const sums = new Map<unknown, unknown>()
  const received = async () => {
    for (let index = 0; index < 5; index++) {
      const message = (await client.next()) as ReturnType<typeof next>
      sums.set(message.id, message.payload.data.latestEnergy)
    }
  }
  expect(await executionsOf(8, received)).toBe(4)
  expect(Object.fromEntries(sums)).toEqual({
    1: { soc: 8, plus: 9 },
    2: { soc: 8, plus: 9 },
    3: { soc: 8, plus: 10 },
    4: { soc: 8, plus: 9 },
    5: { soc: 8, plus: 9 },
  })
})

test('a variable that paces and says more as well is part of what is shared', async () => {
  using client = await openRawClient(server)
  const query = `subscription ($n: Int!) {
    latestEnergy(pace: $n) { soc bulk(size: $n) }
  }`
  client.ask('1', query, { n: 1 })
  client.ask('2', query, { n: 2 })
  await server.subscribed(2)
  server.emit(1)
  expect(await client.next()).toEqual(next('1', { soc: 1, bulk: 'x' }))
  expect(await client.next()).toEqual(next('2', { soc: 1, bulk: 'xx' }))
})

test('roles are kept apart', async () => {
  const query = 'subscription { latestEnergy { role } }'
  using reader = await openRawClient(server)
  using admin = await openRawClient(server, {
    init: { authorization: `Bearer ${tokens.ADMIN_TOKEN}` },
  })
  reader.ask('1', query)
  admin.ask('1', query)
  await server.subscribed(2)
  server.emit(1)
  expect(await reader.next()).toEqual(next('1', { role: 'read' }))
  expect(await admin.next()).toEqual(next('1', { role: 'admin' }))
})

test('an error in one group is told to that group alone', async () => {
  using client = await openRawClient(server)
  const query = 'subscription ($n: Float!) { latestEnergy { plus(soc: $n) } }'
  client.ask('bad', query, { n: -1 })
  client.ask('good', query, { n: 1 })
  await server.subscribed(2)
  server.emit(1)
  const messages = [await client.next(), await client.next()]
  expect(messages).toContainEqual(next('good', { plus: 2 }))
  expect(messages).toContainEqual({
    id: 'bad',
    type: 'next',
    payload: {
      data: { latestEnergy: { plus: null } },
      errors: [expect.objectContaining({ extensions: { code: 'INVALID_RANGE' } })],
    },
  })
})

test('a subscription that cannot begin is answered with an error', async () => {
  using client = await openRawClient(server)
  client.ask('1', 'subscription { latestEnergy(pace: -1) { soc } }')
  expect(await client.next()).toMatchObject({
    id: '1',
    type: 'error',
    payload: [{ message: 'Expected pace from 0, got -1', extensions: { code: 'BAD_USER_INPUT' } }],
  })
})

test('subscribers join and leave at any time', async () => {
  using first = await openRawClient(server)
  using second = await openRawClient(server)
  first.ask('a', live)
  await server.subscribed(1)
  second.ask('b', live)
  await server.subscribed(2)
  first.send({ type: 'complete', id: 'a' })
  await server.subscribed(1)
  server.emit(1)
  expect(await second.next()).toEqual(next('b', { soc: 1 }))
  first.ask('a', live)
  await server.subscribed(2)
  second.socket.terminate()
  await server.subscribed(1)
  server.emit(2)
  expect(await first.next()).toEqual(next('a', { soc: 2 }))
})

test.for(['"', '\\', 'é', '\u{1f31e}', '\ud800', '\n', '__proto__', 'x'.repeat(1000)])(
  'an id may be %j',
  async (id) => {
    using client = await openRawClient(server)
    client.ask(id, live)
    await server.subscribed(1)
    server.emit(1)
    expect(await client.next()).toEqual(next(id, { soc: 1 }))
  },
)

test.for([0, 100, 200, 4000, 5000, 65_000, 70_000])(
  'an answer of %i letters arrives',
  async (size) => {
    using client = await openRawClient(server)
    client.ask('1', `subscription { latestEnergy { bulk(size: ${size}) } }`)
    await server.subscribed(1)
    server.emit(1)
    expect(await client.next()).toEqual(next('1', { bulk: 'x'.repeat(size) }))
  },
)
