import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client/core'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { Client, fetchExchange } from '@urql/core'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { readTrustedDocuments } from '../../src/http/trusted-documents.ts'
import { openRawClient } from './raw-client.ts'
import { bearer, openTestServer, tokens } from './test-server.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const persisted = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha256(text) } })

async function send(
  server: { url: string },
  body: unknown,
  { method = 'POST', token }: { method?: 'POST' | 'GET'; token?: string } = {},
) {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(Object(body))) {
    form.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  const response = await fetch(`${server.url}/graphql${method === 'GET' ? `?${form}` : ''}`, {
    method,
    headers: {
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...(token === undefined ? {} : bearer(token)),
    },
    ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
  })
  return { status: response.status, body: await response.json() }
}

test.for(['POST', 'GET'] as const)(
  'a document is sent once with its hash by %s, then by its hash',
  async (method) => {
    await using server = await openTestServer()
    const query = '{ role plants { id } }'
    const unknown = await send(server, { extensions: persisted(query) }, { method })
    expect(unknown).toMatchObject({
      status: 200,
      body: {
        errors: [
          { message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
        ],
      },
    })
    const answer = { status: 200, body: { data: { role: 'read', plants: [{ id: 1 }] } } }
    expect(await send(server, { query, extensions: persisted(query) }, { method })).toEqual(answer)
    expect(await send(server, { extensions: persisted(query) }, { method })).toEqual(answer)
  },
)

test.for([
  ['of another text', { query: '{ role }', extensions: persisted('{ plants { id } }') }],
  ['that is none', { query: '{ role }', extensions: { persistedQuery: { sha256Hash: 'x' } } }],
  ['without an object', { query: '{ role }', extensions: { persistedQuery: 'x' } }],
] as const)('a hash %s is refused', async ([, body]) => {
  await using server = await openTestServer()
  expect(await send(server, body)).toMatchObject({
    status: 400,
    body: { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
  })
})

test('clients send new documents until the memory for them is full, and the server remembers the newest', async () => {
  await using server = await openTestServer()
  const text = (index: number) => `{ role } # ${index} ${'x'.repeat(90_000)}`
  for (let index = 0; index < 60; index++) {
    await send(server, { query: text(index), extensions: persisted(text(index)) })
  }
  const code = async (index: number) =>
    (await send(server, { extensions: persisted(text(index)) })).body.errors?.[0].extensions.code
  expect(await code(0)).toBe('PERSISTED_QUERY_NOT_FOUND')
  expect(await code(59)).toBeUndefined()
})

test('Apollo Client with its persisted queries, and urql by GET, are answered', async () => {
  await using server = await openTestServer()
  const requests: string[] = []
  const counting: typeof fetch = (...request) => {
    requests.push(String(request[1]?.body ?? request[0]))
    return fetch(...request)
  }
  for (const useGETForHashedQueries of [false, true]) {
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(
        new HttpLink({ uri: `${server.url}/graphql`, fetch: counting }),
      ),
    })
    for (let time = 0; time < 2; time++) {
      const { data } = await client.query({
        query: parse('query Now { role plants { id name } }'),
        fetchPolicy: 'no-cache',
      })
      expect(data).toMatchObject({ role: 'read', plants: [{ id: 1, name: 'Plant 1' }] })
    }
    client.stop()
  }
  // The text was sent once, after the hash alone.
  expect(requests.filter((request) => request.includes('plants'))).toHaveLength(1)
  expect(requests).toHaveLength(5)

  const urql = new Client({
    url: `${server.url}/graphql`,
    exchanges: [fetchExchange],
    preferGetMethod: true,
    fetch: counting,
  })
  const { data, error } = await urql.query('{ plants { id } }', {}).toPromise()
  expect([error, data]).toEqual([undefined, { plants: [{ id: 1 }] }])
})

test('documents of a manifest are executed by their id, and others are refused if only they may be', async () => {
  const trusted = '{ plants { id } }'
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-trusted-'))
  try {
    const codegen = join(folder, 'persisted-documents.json')
    await writeFile(codegen, JSON.stringify({ [sha256(trusted)]: trusted }))
    const apollo = join(folder, 'manifest.json')
    await writeFile(
      apollo,
      JSON.stringify({
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [{ id: 'plants', name: 'Plants', type: 'query', body: trusted }],
      }),
    )
    const byId = await readTrustedDocuments(codegen)
    expect([...byId]).toEqual([[sha256(trusted), trusted]])
    expect([...(await readTrustedDocuments(apollo))]).toEqual([['plants', trusted]])
    await writeFile(apollo, '[1]')
    await expect(readTrustedDocuments(apollo)).rejects.toThrow(/TRUSTED_DOCUMENTS/)

    await using server = await openTestServer(
      {},
      { trustedDocuments: { byId: new Map([...byId, ['sha256:own', trusted]]), only: true } },
    )
    const answer = { status: 200, body: { data: { plants: [{ id: 1 }] } } }
    for (const body of [
      { documentId: sha256(trusted) },
      { documentId: `sha256:${sha256(trusted)}` },
      { documentId: 'sha256:own' },
      { extensions: persisted(trusted) },
      { query: trusted },
    ]) {
      expect(await send(server, body)).toEqual(answer)
    }
    expect(await send(server, { documentId: sha256(trusted) }, { method: 'GET' })).toEqual(answer)
    const refusal = {
      status: 403,
      body: { errors: [{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }] },
    }
    for (const body of [
      { query: '{ role }' },
      { query: '{ role }', extensions: persisted('{ role }') },
      { documentId: 'unknown' },
      { documentId: 7 },
      {},
    ]) {
      expect(await send(server, body)).toMatchObject(refusal)
    }
    expect(await send(server, { query: '{ role }' }, { token: tokens.ADMIN_TOKEN })).toEqual({
      status: 200,
      body: { data: { role: 'admin' } },
    })

    using socket = await openRawClient(server)
    socket.ask('1', '{ role }')
    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }],
    })
    socket.ask('2', trusted)
    expect(await socket.next()).toMatchObject({ type: 'next', payload: answer.body })
  } finally {
    await rm(folder, { recursive: true })
  }
})
