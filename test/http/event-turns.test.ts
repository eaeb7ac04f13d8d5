import { EventEmitter, on } from 'node:events'
import { GraphQLInt, GraphQLObjectType, GraphQLSchema } from 'graphql'
import { beforeEach, expect, test } from 'vitest'
import { openRawClient, type RawClient } from './raw-client.ts'
import { openTestServer, post } from './test-server.ts'

/** A server whose events take time: `resolve` is called for each that is executed. */
async function openEventServer(resolve: () => number | Promise<number>) {
  const emitter = new EventEmitter().setMaxListeners(0)
  const light = { type: GraphQLInt, resolve: () => 1 }
  const event = {
    type: GraphQLInt,
    subscribe: () => on(emitter, 'event'),
    resolve,
  }
  const server = await openTestServer(
    {},
    {
      schema: new GraphQLSchema({
        query: new GraphQLObjectType({ name: 'Query', fields: { light } }),
        subscription: new GraphQLObjectType({ name: 'Subscription', fields: { event } }),
      }),
    },
  )
  const opened = new AsyncDisposableStack()
  opened.use(server)
  const clients: RawClient[] = []
  let received = 0
  /** Begins so many subscriptions, each of another text. */
  const subscribe = async (count: number) => {
    for (let first = 0; first < count; first += 100) {
      const client = opened.use(await openRawClient(server))
      clients.push(client)
      client.socket.on('message', (text) => {
        if (String(text).includes('"type":"next"')) received += 1
      })
      for (let index = first; index < Math.min(first + 100, count); index++) {
        client.ask(`${index}`, `subscription { a${index}: event }`)
      }
    }
    await expect.poll(() => emitter.listenerCount('event')).toBe(count)
  }
  return {
    server,
    subscribe,
    emit: () => emitter.emit('event', 1),
    received: () => received,
    leave: async () => {
      for (const client of clients.splice(0)) client.socket.terminate()
      await expect.poll(() => emitter.listenerCount('event')).toBe(0)
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** What executes the events that are held; each goes on when it is called. */
const held: (() => void)[] = []
const hold = () => new Promise<number>((resolve) => held.push(() => resolve(1)))
beforeEach(() => {
  held.length = 0
})

test('requests are answered while an event is executed for many different subscriptions', async () => {
  let executed = 0
  await using open = await openEventServer(() => {
    const end = performance.now() + 2
    while (performance.now() < end);
    executed += 1
    return 1
  })
  const count = 400
  await open.subscribe(count)
  open.emit()
  await expect.poll(() => executed, { interval: 0 }).toBeGreaterThan(0)
  expect(await post(open.server, '{ light }')).toMatchObject({ body: { data: { light: 1 } } })
  expect(executed).toBeLessThan(count)
  await expect.poll(open.received).toBe(count)
})

test('few events of a client wait for their fields at a time, and each is sent', async () => {
  await using open = await openEventServer(hold)
  await open.subscribe(40)
  open.emit()
  await expect.poll(() => held.length).toBe(16)
  await post(open.server, '{ light }')
  expect(held).toHaveLength(16)
  for (let next = 0; next < 40; next++) {
    await expect.poll(() => held.length).toBeGreaterThan(next)
    held[next]?.()
  }
  await expect.poll(open.received).toBe(40)
  expect(held).toHaveLength(40)
})

test('an event that fails keeps no other from its turn', async () => {
  let executed = 0
  await using open = await openEventServer(async () => {
    executed += 1
    if (executed % 2 === 0) throw new Error('of the test')
    return 1
  })
  await open.subscribe(100)
  open.emit()
  await expect.poll(open.received).toBe(100)
})

test('an event whose subscribers leave before its turn is not executed', async () => {
  await using open = await openEventServer(hold)
  await open.subscribe(40)
  open.emit()
  await expect.poll(() => held.length).toBe(16)
  await open.leave()
  for (const release of held.splice(0)) release()
  await open.subscribe(1)
  open.emit()
  await expect.poll(() => held.length).toBe(1)
  held[0]?.()
  await expect.poll(open.received).toBe(1)
  expect(held).toHaveLength(1)
})
