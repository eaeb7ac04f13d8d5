import { GraphQLError, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql'
import { createClient } from 'graphql-ws'
import { afterAll, describe, expect, test } from 'vitest'
import { Fault } from '../../src/fault.ts'
import { DriverError, openTestServer, post } from './test-server.ts'

const server = await openTestServer(
  {},
  {
    translate: (error) =>
      error instanceof DriverError
        ? new Fault('DATABASE_UNAVAILABLE', 'The database cannot be reached', { cause: error })
        : error,
  },
)
afterAll(() => server[Symbol.asyncDispose]())

const client = createClient({
  url: `${server.url.replace('http', 'ws')}/graphql`,
  retryAttempts: 0,
})
afterAll(() => client.dispose())

/** Both ways in, each answering the first result. */
const ways: [string, (query: string, variables?: Record<string, unknown>) => Promise<unknown>][] = [
  ['HTTP', async (query, variables) => (await post(server, query, { variables })).body],
  [
    'WebSocket',
    async (query, variables) => {
      for await (const result of client.iterate({ query, variables: variables ?? null })) {
        return result
      }
    },
  ],
]

const logged = () => server.log.filter((line) => line.level === 50)

describe.for(ways)('over %s', ([, ask]) => {
  test('a Fault is told with its code and its path into the input', async () => {
    expect(await ask('{ refused }')).toEqual({
      data: { refused: null },
      errors: [
        {
          message: 'Expected from before to',
          path: ['refused'],
          locations: [{ line: 1, column: 3 }],
          extensions: { code: 'INVALID_RANGE', path: ['from'] },
        },
      ],
    })
    expect(logged()).toEqual([])
  })

  test("a lower layer's error is told as what it means", async () => {
    expect(await ask('{ driver }')).toMatchObject({
      data: { driver: null },
      errors: [{ extensions: { code: 'DATABASE_UNAVAILABLE' } }],
    })
    expect(logged()).toEqual([])
  })

  test.for([
    ['{ bug }', 'secret is undefined'],
    ['{ badInt }', 'Int cannot represent non-integer value: 1.5'],
  ])('whatever else %s throws is masked, and logged once', async ([query = '', message]) => {
    server.log.length = 0
    expect(await ask(query)).toMatchObject({
      errors: [
        {
          message: 'Unexpected error',
          path: [expect.any(String)],
          extensions: { code: 'INTERNAL_SERVER_ERROR' },
        },
      ],
    })
    expect(logged()).toMatchObject([{ err: { message, stack: expect.any(String) } }])
    server.log.length = 0
  })

  test('a wrong variable is told as such, with its place', async () => {
    const query = 'query ($id: Int) { plant(id: $id) { id } }'
    const wrong = { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] }
    expect(await ask(query, { id: 'one' })).toMatchObject({
      errors: [{ message: expect.stringContaining('$id'), extensions: { code: 'BAD_USER_INPUT' } }],
    })
    expect(await ask(query, { id: null })).toMatchObject(wrong)
    expect(logged()).toEqual([])
  })
})

test('an error of a library is told without the error that it wraps', async () => {
  const fields = {
    failing: {
      type: GraphQLString,
      resolve: () => {
        const extensions = { code: 'OF_A_LIBRARY', originalError: { message: 'secret' } }
        throw new GraphQLError('it failed', { extensions })
      },
    },
  }
  const schema = new GraphQLSchema({ query: new GraphQLObjectType({ name: 'Query', fields }) })
  await using other = await openTestServer({}, { schema })
  const { body } = await post(other, '{ failing }')
  expect(body.errors).toMatchObject([{ message: 'it failed' }])
  expect(body.errors[0].extensions).toEqual({ code: 'OF_A_LIBRARY' })
})

test('one error that fails many fields is logged once', async () => {
  expect((await post(server, '{ a: sharedBug b: sharedBug }')).body.errors).toHaveLength(2)
  expect(logged()).toMatchObject([{ err: { message: 'secret of a batch' } }])
})

test('a document that cannot be parsed or is not valid keeps its message, with a code', async () => {
  expect((await post(server, '{ plants {')).body).toMatchObject({
    errors: [
      {
        message: expect.stringMatching(/Syntax Error/),
        extensions: { code: 'GRAPHQL_PARSE_FAILED' },
      },
    ],
  })
  expect((await post(server, '{ plans }')).body).toMatchObject({
    errors: [
      {
        message: expect.stringMatching(/plans/),
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ],
  })
})

test('a failing context is masked', async () => {
  await using broken = await openTestServer(
    {},
    {
      contextOf: () => {
        throw new Error('secret of the context')
      },
    },
  )
  const answer = await post(broken, '{ role }')
  expect([answer.status, answer.body]).toMatchObject([
    500,
    { errors: [{ message: 'Unexpected error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] },
  ])
})
