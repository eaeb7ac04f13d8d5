import { serverAudits } from 'graphql-http'
import { afterAll, describe, expect, test } from 'vitest'
import { openTestServer, post } from './test-server.ts'

const server = await openTestServer()
afterAll(() => server[Symbol.asyncDispose]())

describe('the audits of the GraphQL-over-HTTP specification', () => {
  const audits = serverAudits({ url: `${server.url}/graphql`, fetchFn: fetch })
  expect(audits.length).toBeGreaterThan(50)

  test.for(audits)('$name', async (audit) => {
    const result = await audit.fn()
    if (result.status !== 'ok') expect.fail(`${audit.id}: ${JSON.stringify(result)}`)
  })
})

test('a query by GET answers, a mutation by GET is refused with 405', async () => {
  const get = (query: string) => fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`)
  expect(await (await get('{ role }')).json()).toEqual({ data: { role: 'read' } })
  const refused = await get('mutation { record }')
  expect(refused.status).toBe(405)
  expect(refused.headers.get('allow')).toBe('POST')
  expect(await refused.json()).toMatchObject({
    errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }],
  })
})

test.for(['PUT', 'DELETE', 'PATCH'])('%s is refused with 405', async (method) => {
  const refused = await fetch(`${server.url}/graphql`, { method })
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, POST'])
  expect(await refused.json()).toMatchObject({
    errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }],
  })
})

test('a batch is refused', async () => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([{ query: '{ role }' }, { query: '{ role }' }]),
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({
    errors: [{ message: 'Batching is not supported.', extensions: { code: 'BAD_REQUEST' } }],
  })
})

test('an empty body is refused', async () => {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  })
  expect(response.status).toBe(400)
})

test('other paths answer in JSON, and the root is the page', async () => {
  const missing = await fetch(`${server.url}/system/stats`)
  expect(missing.status).toBe(404)
  expect(await missing.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
  const root = await fetch(server.url)
  expect([root.status, root.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  const posted = await fetch(`${server.url}/health`, { method: 'POST' })
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test('a request is one line in the log, with no query and no token', async () => {
  await post(server, 'query Who { role }', {
    operationName: 'Who',
    headers: { authorization: 'Bearer admin-token-of-the-test' },
  })
  await expect
    .poll(() => server.log.find((entry) => entry.operation === 'Who'))
    .toMatchObject({ method: 'POST', path: '/graphql', status: 200, client: '127.0.0.1' })
  expect(JSON.stringify(server.log)).not.toContain('-token-of-the-test')
})
