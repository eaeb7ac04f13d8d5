import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import {
  GraphQLError,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql'
import { expect, test } from 'vitest'
import { type CacheableResponse, ResponseCache } from '../../src/http/operations/response-cache.ts'
import { openRawClient } from './raw-client.ts'
import { bearer, openTestServer, post, tokens } from './test-server.ts'

const Chart = new GraphQLObjectType<number>({
  name: 'Chart',
  extensions: { cacheable: true },
  fields: {
    value: { type: GraphQLInt, resolve: (value) => value },
    plant: {
      type: new GraphQLObjectType({
        name: 'Plant',
        fields: { age: { type: GraphQLInt, resolve: () => 1 } },
      }),
      resolve: () => ({}),
    },
  },
})

/** A server whose store holds one number, and counts how often it is asked for that. */
async function openStore() {
  const store = {
    value: 1,
    runs: 0,
    takes: 0,
    commits: 0,
    away: false,
    asked: 0,
    /** An answer is not made before. */
    until: Promise.resolve(),
  }
  const read = async () => {
    store.runs += 1
    const { value } = store
    await sleep(store.takes)
    await store.until
    if (value < 0) throw new GraphQLError('below', { extensions: { code: 'BELOW' } })
    return value
  }
  const fields = {
    chart: {
      type: Chart,
      args: { plantId: { type: GraphQLInt } },
      extensions: { cacheable: true },
      resolve: read,
    },
    heavy: { type: Chart, extensions: { cacheable: true, complexity: 42_000 }, resolve: read },
    clock: { type: Chart, resolve: read },
    text: {
      type: new GraphQLNonNull(GraphQLString),
      extensions: { cacheable: true },
      resolve: read,
    },
  }
  const server = await openTestServer(
    {},
    {
      schema: new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }) }),
      readDataVersion: async () => {
        store.asked += 1
        if (store.away) throw new Error('away')
        return `${store.commits}`
      },
    },
  )
  const ask = async (query = '{ chart { value } }', options = {}) =>
    (await post(server, query, options)).body
  /** How many runs it takes to ask so often, one after the other. */
  const runsOf = async (times: number, query?: string, options?: object) => {
    const before = store.runs
    for (let time = 0; time < times; time++) await ask(query, options)
    return store.runs - before
  }
  const commit = (value: number) => {
    store.value = value
    store.commits += 1
  }
  return {
    server,
    store,
    ask,
    runsOf,
    commit,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

test('an answer is given again while nothing is committed, from the second time on', async () => {
  await using open = await openStore()
  expect(await open.ask()).toEqual({ data: { chart: { value: 1 } } })
  expect(open.store.asked).toBe(0)
  expect(await open.runsOf(5)).toBe(1)
  expect(await open.ask()).toEqual({ data: { chart: { value: 1 } } })
  open.commit(2)
  expect(await open.ask()).toEqual({ data: { chart: { value: 2 } } })
  expect(await open.runsOf(5)).toBe(0)
})

test('what is committed while an answer is made is not hidden by it', async () => {
  await using open = await openStore()
  await open.runsOf(1)
  open.store.takes = 20
  const making = open.ask()
  await expect.poll(() => open.store.runs, { interval: 1 }).toBe(2)
  open.commit(5)
  expect(await open.ask()).toEqual({ data: { chart: { value: 5 } } })
  expect(await making).toEqual({ data: { chart: { value: 1 } } })
  expect(await open.ask()).toEqual({ data: { chart: { value: 5 } } })
})

test('no answer is older than its question, whatever is committed between reading the version and running', async () => {
  let asked = 0
  let ran = 0
  const steps = fc.array(fc.constantFrom('ask', 'ask', 'ask', 'fail', 'commit'), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), steps, async (scheduler, names) => {
      let committed = 0
      const pause = () => scheduler.schedule(Promise.resolve())
      const cache = new ResponseCache<CacheableResponse & { read: number[] }>(async () => {
        await pause()
        const version = `${committed}`
        await pause()
        return version
      })
      const ask = async (fails: boolean) => {
        const before = committed
        asked += 1
        const { read } = await cache.respond('key', async () => {
          ran += 1
          await pause()
          const first = committed
          await pause()
          if (fails) throw new Error('BUSY')
          return { read: [first, committed], validity: 'UNTIL_COMMIT', isForAll: true, size: 1 }
        })
        for (const version of read) expect(version).toBeGreaterThanOrEqual(before)
        return read
      }
      const walk = names.map(async (name) => {
        await pause()
        if (name === 'commit') committed += 1
        else await ask(name === 'fail').catch((error) => expect(error).toEqual(new Error('BUSY')))
      })
      await scheduler.waitFor(Promise.all(walk))
      for (let time = 0; time < 3; time++) {
        expect(await scheduler.waitFor(ask(false))).toEqual([committed, committed])
      }
    }),
    { numRuns: 2000 },
  )
  expect(ran).toBeLessThan(asked * 0.8)
})

test('who asks at once waits for one answer, and is told the one failure', async () => {
  await using open = await openStore()
  await open.runsOf(1)
  for (const [value, answer] of [
    [3, { data: { chart: { value: 3 } } }],
    [-1, { data: { chart: null }, errors: [expect.objectContaining({ message: 'below' })] }],
  ] as const) {
    open.commit(value)
    const before = { ...open.store }
    const made = Promise.withResolvers<void>()
    open.store.until = made.promise
    const asking = Promise.all(Array.from({ length: 20 }, () => open.ask()))
    await expect
      .poll(() => open.store.asked - before.asked, { timeout: 10_000 })
      .toBeGreaterThanOrEqual(20)
    made.resolve()
    const answers = await asking
    for (const each of answers) expect(each).toEqual(answer)
    expect(open.store.runs - before.runs).toBe(1)
  }
})

test('an answer for which its client did not wait is given to the next', async () => {
  await using open = await openStore()
  await open.runsOf(1)
  const made = Promise.withResolvers<void>()
  open.store.until = made.promise
  const leaving = new AbortController()
  const left = fetch(`${open.server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: '{ chart { value } }' }),
    signal: leaving.signal,
  }).catch(() => undefined)
  await expect.poll(() => open.store.runs).toBe(2)
  leaving.abort()
  await left
  const next = open.ask()
  await expect.poll(() => open.store.asked).toBe(2)
  made.resolve()
  expect(await next).toEqual({ data: { chart: { value: 1 } } })
  expect(open.store.runs).toBe(2)
})

test('many who ask for the same heavy answer in a text that is new are all answered', async () => {
  await using open = await openStore()
  const made = Promise.withResolvers<void>()
  open.store.until = made.promise
  const first = open.ask('{ heavy { value } }')
  const query = `{ heavy { value } } # ${'x'.repeat(5000)}`
  const others = Array.from({ length: 4 }, () => open.ask(query))
  await expect.poll(() => open.store.runs).toBe(1)
  made.resolve()
  for (const answer of await Promise.all([first, ...others])) {
    expect(answer).toEqual({ data: { heavy: { value: 1 } } })
  }
})

test('an answer with errors is not given again', async () => {
  await using open = await openStore()
  open.commit(-1)
  expect(await open.runsOf(4)).toBe(4)
})

test.for([
  [
    'other variables',
    'query ($id: Int) { chart(plantId: $id) { value } }',
    { variables: { id: 2 } },
  ],
  ['another text', '{ chart { value } } ', {}],
  ['another role', '{ chart { value } }', { headers: bearer(tokens.ADMIN_TOKEN) }],
] as const)('%s make it another question', async ([, query, options]) => {
  await using open = await openStore()
  await open.runsOf(3)
  expect(await open.runsOf(3, query, options)).toBe(2)
})

test.for([
  ['a root field', '{ clock { value } }'],
  ['a field beside', '{ chart { value } clock { value } }'],
  ['a type below', '{ chart { value plant { age } } }'],
])('%s that is not of what is stored alone makes each answer anew', async ([, query]) => {
  await using open = await openStore()
  expect(await open.runsOf(4, query)).toBeGreaterThanOrEqual(4)
  expect(open.store.asked).toBe(0)
})

test('where the state cannot be read, each question is answered anew', async () => {
  await using open = await openStore()
  open.store.away = true
  expect(await open.runsOf(4)).toBe(4)
})

test('an answer is given again over WebSocket, too, and is the same as over HTTP', async () => {
  await using open = await openStore()
  expect(await open.ask('{ text }')).toEqual({ data: { text: '1' } })
  using client = await openRawClient(open.server)
  for (const id of ['1', '2', '3', '4']) {
    client.ask(id, '{ text }')
    expect(await client.next()).toEqual({ id, type: 'next', payload: { data: { text: '1' } } })
    expect(await client.next()).toEqual({ id, type: 'complete' })
  }
  expect(open.store.runs).toBe(3)
})

test('what is kept is bounded: the longest unused goes first', async () => {
  await using open = await openStore()
  const long = 'x'.repeat(90_000)
  const query = (index: number) => `{ chart { value } } # ${index} ${long}`
  await open.runsOf(2, query(0))
  expect(await open.runsOf(1, query(0))).toBe(0)
  for (let index = 1; index < 400; index++) await open.runsOf(1, query(index))
  expect(await open.runsOf(1, query(0))).toBe(1)
  expect(await open.runsOf(1, query(399))).toBe(1)
  expect(await open.runsOf(1, query(399))).toBe(0)
})

test('a variable that is no JSON number is told, though null was answered before', async () => {
  await using open = await openStore()
  const query = 'query ($id: Int) { chart(plantId: $id) { value } }'
  const answer = { data: { chart: { value: 1 } } }
  for (const _ of ['first', 'kept']) {
    expect(await open.ask(query, { variables: { id: null } })).toEqual(answer)
  }
  const response = await fetch(`${open.server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"query":${JSON.stringify(query)},"variables":{"id":1e999}}`,
  })
  expect(await response.json()).toMatchObject({
    errors: [
      { message: expect.stringMatching('Infinity'), extensions: { code: 'BAD_USER_INPUT' } },
    ],
  })
})

test('nor is it null over a WebSocket', async () => {
  await using open = await openStore()
  using client = await openRawClient(open.server)
  const ask = (id: string) =>
    client.send(
      `{"type":"subscribe","id":"${id}","payload":{"query":"query ($id: Int) { chart(plantId: $id) { value } }","variables":{"id":${id}}}}`,
    )
  for (const id of ['null', 'null', 'null']) {
    ask(id)
    expect(await client.next()).toMatchObject({ type: 'next' })
    expect(await client.next()).toMatchObject({ type: 'complete' })
  }
  ask('1e999')
  expect(await client.next()).toMatchObject({
    type: 'next',
    payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
  })
})

test('lists within lists are told that they are no number, however many', async () => {
  await using open = await openStore()
  const query = 'query ($id: Int) { chart(plantId: $id) { value } }'
  const response = await fetch(`${open.server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"query":${JSON.stringify(query)},"variables":{"id":${'['.repeat(5000)}${']'.repeat(5000)}}}`,
  })
  const [{ extensions }] = (await response.json()).errors
  expect(['BAD_USER_INPUT', 'BODY_TOO_COMPLEX']).toContain(extensions.code)
})
