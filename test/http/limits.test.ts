import { getIntrospectionQuery } from 'graphql'
import { createClient } from 'graphql-ws'
import { afterAll, describe, expect, test } from 'vitest'
import { maxBodyBytes } from '../../src/http/limits.ts'
import {
  maxAliases,
  maxAliasLength,
  maxCost,
  maxDepth,
} from '../../src/http/operations/query-limits.ts'
import { bearer, openTestServer, post, tokens } from './test-server.ts'

const server = await openTestServer()
afterAll(() => server[Symbol.asyncDispose]())

/** Both ways in, each answering the errors. */
const ways: [string, (query: string, variables?: object) => Promise<unknown>][] = [
  ['HTTP', async (query, variables) => (await post(server, query, { variables })).body.errors],
  [
    'WebSocket',
    async (query, variables) => {
      const url = `${server.url.replace('http', 'ws')}/graphql`
      const client = createClient({ url, retryAttempts: 0 })
      try {
        for await (const { errors } of client.iterate({ query, variables: { ...variables } })) {
          return errors
        }
      } catch (errors) {
        return errors // What an `error` message carries.
      } finally {
        await client.dispose()
      }
    },
  ],
]

const tooComplex = (...numbers: number[]) => [
  {
    message: expect.stringMatching(new RegExp(numbers.join('.*'))),
    extensions: { code: 'QUERY_TOO_COMPLEX' },
  },
]
const nested = (levels: number) =>
  `{ plant ${'{ neighbours(first: 1) '.repeat(levels - 2)}{ id }${' }'.repeat(levels - 2)} }`
const pages = (...sizes: (number | string)[]) =>
  sizes.reduceRight((inner, size) => `{ neighbours(first: ${size}) ${inner} }`, '{ id }')

describe.for(ways)('over %s', ([, errorsOf]) => {
  test('more aliases than a dashboard has are refused', async () => {
    const aliases = (count: number) =>
      `{ ${Array.from({ length: count }, (_, index) => `a${index}: role`).join(' ')} }`
    expect(await errorsOf(aliases(maxAliases))).toBeUndefined()
    expect(await errorsOf(aliases(maxAliases + 1))).toMatchObject(
      tooComplex(maxAliases, maxAliases + 1),
    )
  })

  test('an alias longer than any name is refused', async () => {
    const alias = (length: number) => `{ ${'a'.repeat(length)}: role }`
    expect(await errorsOf(alias(maxAliasLength))).toBeUndefined()
    expect(await errorsOf(alias(maxAliasLength + 1))).toMatchObject(
      tooComplex(maxAliasLength, maxAliasLength + 1),
    )
  })

  test('more levels than say anything are refused, also by way of fragments', async () => {
    expect(await errorsOf(nested(maxDepth))).toBeUndefined()
    expect(await errorsOf(nested(maxDepth + 1))).toMatchObject(tooComplex(maxDepth, maxDepth + 1))
    const fragments = Array.from(
      { length: maxDepth },
      (_, index) => `fragment F${index} on Plant { neighbours(first: 1) { id ...F${index + 1} } }`,
    )
    const query = `{ plant { ...F0 } } ${fragments.join(' ')} fragment F${maxDepth} on Plant { id }`
    expect(await errorsOf(query)).toMatchObject(tooComplex(maxDepth, maxDepth + 2))
  })

  test('a page of pages of pages is refused before it runs, also by its variables', async () => {
    expect(await errorsOf(`{ plant ${pages(10, 10)} }`)).toBeUndefined()
    expect(await errorsOf(`{ plant ${pages(100, 100, 100)} }`)).toMatchObject(tooComplex(maxCost))
    const query = `query ($n: Int!) { plant ${pages('$n', '$n')} }`
    expect(await errorsOf(query, { n: 100 })).toBeUndefined()
    expect(await errorsOf(query, { n: 1000 })).toMatchObject(tooComplex(maxCost))
    expect(await errorsOf(query, { n: 100 })).toBeUndefined()
  })

  test('a text of too many tokens, comments or letters is refused', async () => {
    const many = `{ ${'role '.repeat(3000)} }`
    expect(await errorsOf(many)).toMatchObject(tooComplex(2000))
    expect(await errorsOf(`${'#\n'.repeat(1000)}{ role }`)).toMatchObject(tooComplex(500))
    expect(await errorsOf(`{ role } #${'x'.repeat(100_000)}`)).toMatchObject(tooComplex(100000))
  })

  test('nesting cannot exhaust the stack', async () => {
    const lists = (depth: number) =>
      `{ plant(id: ${'['.repeat(depth)}1${']'.repeat(depth)}) { id } }`
    expect(await errorsOf(lists(990))).toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
    expect(await errorsOf(`{ plant(id: ${'['.repeat(5000)}`)).toMatchObject([
      { extensions: { code: 'QUERY_TOO_COMPLEX' } },
    ])
    const objects = `${'{ plant '.repeat(600)} ${'}'.repeat(600)}`
    expect(await errorsOf(objects)).toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
  })

  test('introspection stays on and within the limits', async () => {
    const query = getIntrospectionQuery({
      inputValueDeprecation: true,
      schemaDescription: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      oneOf: true,
    })
    expect(await errorsOf(query)).toBeUndefined()
  })

  test('introspection again and again is refused', async () => {
    const types =
      '__schema { types { name fields { name args { name } type { name ofType { name } } } inputFields { name } } }'
    const aliases = Array.from({ length: 60 }, (_, index) => `a${index}: ${types}`)
    expect(await errorsOf(`{ ${aliases.slice(0, 2).join(' ')} }`)).toBeUndefined()
    expect(await errorsOf(`{ ${aliases.join(' ')} }`)).toMatchObject(tooComplex(maxCost))
  })
})

test('each operation of one document is judged by its own cost', async () => {
  const query = `query Small { role } query Large { plant ${pages(1000, 1000)} }`
  expect((await post(server, query, { operationName: 'Small' })).body).toEqual({
    data: { role: 'read' },
  })
  for (const _ of ['first', 'cached']) {
    const large = await post(server, query, { operationName: 'Large' })
    expect([large.status, large.body.errors]).toMatchObject([400, tooComplex(maxCost)])
  }
})

describe('a body', () => {
  const operation = (size: number) => {
    const body = { query: 'query ($filler: String) { role }', variables: { filler: '' } }
    body.variables.filler = 'x'.repeat(size - JSON.stringify(body).length)
    return JSON.stringify(body)
  }
  const send = async (body: string | ReadableStream, token?: string) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? bearer(token) : {}) },
      body,
      ...(typeof body === 'string' ? {} : { duplex: 'half' }),
    })
    return [response.status, await response.json()]
  }
  const refused = (code: string) => ({ errors: [{ extensions: { code } }] })
  // The document leaves its variable unused, which shows that it was read and validated.
  const taken = refused('GRAPHQL_VALIDATION_FAILED')

  test.for([
    ['a reader', undefined, maxBodyBytes.read],
    ['who may ingest', tokens.INGEST_TOKEN, maxBodyBytes.ingest],
  ] as const)(
    'of %s is taken up to its limit, one byte more is refused with 413',
    async ([, token, most]) => {
      expect(await send(operation(most), token)).toMatchObject([200, taken])
      expect(await send(operation(most + 1), token)).toMatchObject([413, refused('BODY_TOO_LARGE')])
    },
  )

  test('of unknown length is counted as it comes', async () => {
    const parts = Array.from({ length: 10 }, () => new Uint8Array(1024 * 1024))
    const stream = new Blob(parts).stream()
    expect(await send(stream, tokens.ADMIN_TOKEN)).toMatchObject([413, refused('BODY_TOO_LARGE')])
  })

  test.for([
    ['deep lists', '['.repeat(40)],
    ['deep objects', '{"a":'.repeat(40)],
    ['many values', `[${'1,'.repeat(20_000)}`],
    ['many objects', `[${'{},'.repeat(20_000)}`],
  ] as const)(
    'of %s is refused before it is parsed, by POST, by a form and by GET',
    async ([, json]) => {
      // It has no end, so that it would be refused as such if it were parsed.
      const body = `{"query":"{ role }","variables":{"v":${json}`
      expect(await send(body)).toMatchObject([413, refused('BODY_TOO_COMPLEX')])
      const form = new URLSearchParams({ query: '{ role }', variables: `{"v":${json}` })
      const posted = await fetch(`${server.url}/graphql`, { method: 'POST', body: form })
      expect([posted.status, await posted.json()]).toMatchObject([413, refused('BODY_TOO_COMPLEX')])
      if (json.length > 1000) return
      const got = await fetch(`${server.url}/graphql?${form}`)
      expect([got.status, await got.json()]).toMatchObject([413, refused('BODY_TOO_COMPLEX')])
    },
  )

  test('may hold brackets and quotes in strings', async () => {
    const name = `${'['.repeat(100)}\\"${'{,'.repeat(20_000)}`
    const body = JSON.stringify({ query: 'query ($n: String) { role }', variables: { n: name } })
    expect(await send(body)).toMatchObject([200, taken])
  })
})
