import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bearer, openTestServer, type TestServer, tokens } from './test-server.ts'

const documents = fc.constantFrom(
  '{ role }',
  '{ plants { id name } latestEnergy { soc plus(soc: 1) } }',
  'query Named($id: Int = 3) { plant(id: $id) { id } }',
  'query Named($id: Int!) { plant(id: $id) { id __typename } }',
  'query One { role } query Two { plants { id } }',
  '{ latestEnergy { plus(soc: -1) soc } }',
  '{ refused role }',
  '{ bug }',
  '{ driver badInt role }',
  'mutation { record }',
  'mutation Named { record again: record }',
  'query One { role } mutation Two { record }',
  'subscription { failing(how: "fault") }',
  'fragment Only on Query { role }',
  '{ unknown }',
  '{ plant(id: "x") { id } }',
  '{ plants { neighbours(first: 100000000) { id } } }',
  '{ role ',
  '',
  '{ __schema { queryType { name } } }',
  `{ ${'a: role '.repeat(150)} }`,
)
const variables = fc.constantFrom<unknown>(
  undefined,
  null,
  {},
  { id: 2 },
  { id: 'two' },
  { id: null, other: [1, { deep: 1 }] },
  [],
  'text',
  7,
)
const params = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record(
      {
        query: documents,
        variables,
        operationName: fc.constantFrom<unknown>(undefined, null, 'One', 'Two', 'Named', '', 3),
        extensions: fc.constantFrom<unknown>(undefined, null, {}, [], 'text'),
      },
      { requiredKeys: ['query'] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      {},
      [],
      [{ query: '{ role }' }],
      { query: 1 },
      { query: '{ role }', more: 1 },
      null,
      5,
    ),
  },
)
const requests = fc.record({
  method: fc.constantFrom('POST', 'POST', 'POST', 'GET'),
  params,
  type: fc.constantFrom(
    ...Array.from({ length: 6 }, () => 'application/json'),
    'application/json; charset=utf-8',
    'application/graphql+json',
    'application/x-www-form-urlencoded',
    'application/graphql',
    'text/plain',
    'multipart/form-data; boundary=x',
  ),
  isBroken: fc.nat(30).map((number) => number === 0),
  headers: fc.record(
    {
      accept: fc.constantFrom(
        'application/json',
        'application/graphql-response+json',
        'application/graphql-response+json, application/json;q=0.9',
        'application/json, text/event-stream',
        'text/event-stream',
        'text/event-stream, */*',
        '*/*',
        'application/*;charset=utf-8',
        'application/json;charset=latin1',
        'image/png',
      ),
      authorization: fc.constantFrom(
        bearer(tokens.INGEST_TOKEN).authorization,
        bearer(tokens.ADMIN_TOKEN).authorization,
        'Bearer wrong',
      ),
    },
    { requiredKeys: [] },
  ),
})
type Request = typeof requests extends fc.Arbitrary<infer Value> ? Value : never

/** What a client acts upon. */
const headersThatMatter = [
  'content-type',
  'allow',
  'www-authenticate',
  'retry-after',
  'x-content-type-options',
] as const

test('the direct way and Yoga respond alike to whatever is sent, and send the same again', async () => {
  await using direct = await openTestServer(
    {},
    { byYogaAlone: false, readDataVersion: async () => 'same' },
  )
  await using byYoga = await openTestServer({}, { byYogaAlone: true })
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      const expected = await send(byYoga, request)
      for (let time = 0; time < 2; time++) expect(await send(direct, request)).toEqual(expected)
    }),
    { numRuns: 700 },
  )
  expect(direct.recorded()).toBe(2 * byYoga.recorded())
}, 120_000)

async function send(server: TestServer, { method, params, type, isBroken, headers }: Request) {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(Object(params))) {
    if (value !== undefined)
      form.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  const path = method === 'GET' ? `/graphql?${form}` : '/graphql'
  const whole = type.includes('urlencoded') ? `${form}` : JSON.stringify(params)
  const response = await new Promise<{
    status: number
    headers: IncomingHttpHeaders
    body: string
  }>((resolve, reject) => {
    const request = httpRequest(`${server.url}${path}`, {
      method,
      headers: { ...headers, ...(method === 'POST' ? { 'content-type': type } : {}) },
    })
    request.on('error', reject)
    request.on('response', async (incoming) => {
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body: await text(incoming),
      })
    })
    request.end(method === 'POST' ? (isBroken ? whole.slice(1) : whole) : undefined)
  })
  return {
    status: response.status,
    headers: headersThatMatter.map((name) => response.headers[name]),
    body: response.body,
  }
}
