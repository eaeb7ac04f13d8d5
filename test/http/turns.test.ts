import { GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema } from 'graphql'
import { expect, test } from 'vitest'
import { openRawClient } from './raw-client.ts'
import { bearer, openTestServer, post, type TestServer, tokens } from './test-server.ts'

/** A server with an operation of so much cost, which runs until it is ended. */
async function openServer(complexity: number) {
  const begun: number[] = []
  const ends = new Map<number, () => void>()
  const heavy = {
    type: GraphQLInt,
    args: { id: { type: new GraphQLNonNull(GraphQLInt) } },
    extensions: { complexity },
    resolve: (_: unknown, { id }: { id: number }) => {
      begun.push(id)
      const { promise, resolve } = Promise.withResolvers<number>()
      ends.set(id, () => resolve(id))
      return promise
    },
  }
  const light = { type: GraphQLInt, resolve: () => 1 }
  const query = new GraphQLObjectType({ name: 'Query', fields: { heavy, light } })
  const server = await openTestServer({}, { schema: new GraphQLSchema({ query }) })
  const end = (id: number) => ends.get(id)?.()
  return { server, begun, end, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** Each resolves when the operation is answered. */
const ways: Record<
  string,
  (server: TestServer, query: string, token?: string) => Promise<unknown>
> = {
  HTTP: (server, query, token) =>
    post(server, query, { headers: token === undefined ? {} : bearer(token) }),
  WebSocket: async (server, query, token) => {
    const init = token === undefined ? true : { authorization: `Bearer ${token}` }
    using client = await openRawClient(server, { init })
    client.ask('1', query)
    return await client.next()
  },
}

test.for(Object.entries(ways))(
  'by %s heavy operations wait while others run, and clients take turns',
  async ([, ask]) => {
    // Two may run at a time.
    await using open = await openServer(42_000)
    const { server, begun, end } = open
    const answers: Promise<unknown>[] = []
    const begin = (id: number, token?: string) =>
      answers.push(ask(server, `{ heavy(id: ${id}) }`, token))
    begin(1)
    await expect.poll(() => begun).toEqual([1])
    begin(2)
    await expect.poll(() => begun).toEqual([1, 2])
    begin(3)
    await ask(server, '{ light }')
    begin(4)
    await ask(server, '{ light }')
    begin(5, tokens.ADMIN_TOKEN)
    await ask(server, '{ light }')
    expect(begun).toEqual([1, 2])

    for (const id of [1, 2, 3, 4, 5]) {
      await expect.poll(() => begun).toContain(id)
      end(id)
      await answers[id - 1]
    }
    // The reader, who waits with two, has one turn before the admin at most.
    expect(begun.indexOf(5)).toBeLessThan(begun.indexOf(4))
  },
)

test('a WebSocket begins sixteen operations at a time, and the others in their order, if they are still wanted', async () => {
  await using open = await openServer(1)
  const { server, begun, end } = open
  using client = await openRawClient(server)
  for (let id = 1; id <= 40; id++) client.ask(`${id}`, `{ heavy(id: ${id}) }`)
  client.send({ type: 'complete', id: '18' })
  const first = Array.from({ length: 16 }, (_, index) => index + 1)
  await expect.poll(() => begun).toEqual(first)
  await ways.HTTP?.(server, '{ light }')
  expect(begun).toEqual(first)

  for (const id of first) end(id)
  await expect.poll(() => begun).toHaveLength(32)
  for (const id of begun) end(id)
  await expect.poll(() => begun).toHaveLength(39)
  for (const id of begun) end(id)
  const all = Array.from({ length: 40 }, (_, index) => index + 1)
  expect(begun).toEqual(all.filter((id) => id !== 18))
  for (let count = 0; count < 2 * 39; count++) await client.next()
})

test('requests are answered while a WebSocket has many operations that end at once', async () => {
  let executed = 0
  const busy = {
    type: GraphQLInt,
    resolve: () => {
      const end = performance.now() + 2
      while (performance.now() < end);
      executed += 1
    },
  }
  const light = { type: GraphQLInt, resolve: () => 1 }
  const query = new GraphQLObjectType({ name: 'Query', fields: { busy, light } })
  await using server = await openTestServer({}, { schema: new GraphQLSchema({ query }) })
  using client = await openRawClient(server)
  const count = 400
  client.socket.pause()
  for (let id = 0; id < count; id++) client.ask(`${id}`, `{ a${id}: busy }`)
  await expect.poll(() => executed, { interval: 0 }).toBeGreaterThan(0)
  expect(await post(server, '{ light }')).toMatchObject({ body: { data: { light: 1 } } })
  expect(executed).toBeLessThan(count)
  await expect.poll(() => executed).toBe(count)
})
