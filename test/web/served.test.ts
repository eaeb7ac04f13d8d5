import { request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestServer, type TestServer } from '../http/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await openTestServer({ PUBLIC_READ: 'false' })
})
afterAll(() => server[Symbol.asyncDispose]())

/** One request as it is, with its path unchanged and its body as it came. */
function call(path: string, { method = 'GET', headers = {} as Record<string, string> } = {}) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined
    headers: Record<string, unknown>
    body: Buffer
  }>()
  request(server.url, { path, method, headers, agent: false }, async (response) => {
    const body = Buffer.concat(await response.toArray())
    resolve({ status: response.statusCode, headers: response.headers, body })
  })
    .on('error', reject)
    .end()
  return promise
}

/** The paths of all modules and style sheets that the page loads. */
async function filesOfPage(): Promise<string[]> {
  const html = (await call('/')).body.toString()
  return [...new Set([...html.matchAll(/"\.(\/web\/[^"]+)"/g)].map(([, path = '']) => path))]
}

test('the page weighs less than 150 kB, zipped as badly as a browser may ask', async () => {
  const zipped = { headers: { 'accept-encoding': 'gzip' } }
  const paths = ['/', ...(await filesOfPage())]
  let bytes = 0
  for (const path of paths) bytes += (await call(path, zipped)).body.length
  expect(paths.length).toBeGreaterThan(30)
  expect(bytes).toBeLessThan(150_000)
  expect(bytes).toBeGreaterThan(50_000)
})

test('a module has no types, is kept for good, and is not sent again', async () => {
  const path = (await filesOfPage()).find((file) => file.endsWith('/main.ts')) ?? ''
  const { status, headers, body } = await call(path, {
    headers: { 'accept-encoding': 'gzip, br;q=0' },
  })
  expect(status).toBe(200)
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'content-encoding': 'gzip',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    vary: 'Accept-Encoding',
  })
  expect(gunzipSync(body).toString()).toContain("customElements.define('heliograph-page'")
  const again = await call(path, {
    headers: { 'accept-encoding': 'gzip', 'if-none-match': `"other", W/${headers.etag}` },
  })
  expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag])
})

test('the page may run its own modules, and nothing else', async () => {
  const { headers } = await call('/')
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("style-src 'self'")
  expect(policy).not.toContain('unsafe')
  expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'referrer-policy': 'no-referrer' })
})

test('HEAD has the headers alone, and other methods are refused', async () => {
  const whole = await call('/')
  const head = await call('/', { method: 'HEAD' })
  expect([head.status, head.body.length]).toEqual([200, 0])
  expect(head.headers['content-length']).toBe(String(whole.body.length))
  const posted = await call('/', { method: 'POST' })
  expect([posted.status, posted.headers.allow]).toEqual([405, 'GET, HEAD'])
})

test('no path leads to a file that is not of the page', async () => {
  const [first = ''] = await filesOfPage()
  const base = first.split('/').slice(0, 3).join('/')
  for (const path of [
    '/web/',
    `${base}/`,
    `${base}/../../../package.json`,
    `${base}/%2e%2e/%2e%2e/package.json`,
    `${base}/generated/gql.ts`,
    `${base}/tsconfig.json`,
    '/web/../http/server.ts',
    '/web/main.ts',
  ]) {
    expect([path, (await call(path)).status]).toEqual([path, 404])
  }
})
