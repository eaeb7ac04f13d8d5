import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'graphql-ws'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { loadAdminToken } from '../../src/http/admin-token.ts'
import { bearer, openTestServer, post, tokens } from './test-server.ts'

const unauthenticated = { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] }

describe('over HTTP', () => {
  test('each token has its role, and without one reading is open where it is public', async () => {
    await using server = await openTestServer()
    const roleWith = async (headers: Record<string, string>) =>
      (await post(server, '{ role }', { headers })).body.data.role
    expect(await roleWith({})).toBe('read')
    expect(await roleWith(bearer(tokens.READ_TOKEN))).toBe('read')
    expect(await roleWith(bearer(tokens.INGEST_TOKEN))).toBe('ingest')
    expect(await roleWith(bearer(tokens.ADMIN_TOKEN))).toBe('admin')
    expect(await roleWith({ authorization: `bearer  ${tokens.ADMIN_TOKEN} ` })).toBe('admin')
  })

  test('the generated admin token counts where none is configured', async () => {
    await using server = await openTestServer({ ADMIN_TOKEN: '' })
    const answer = await post(server, '{ role }', { headers: bearer('generated-admin-token') })
    expect(answer.body).toEqual({ data: { role: 'admin' } })
  })

  test.for([
    'Bearer admin-token-of-the-toX',
    'Bearer admin-token-of-the-to',
    'Bearer',
    'Bearer undefined',
    'Basic YWRtaW46YWRtaW4=',
    tokens.ADMIN_TOKEN,
  ])('%s is refused, although reading is public', async (authorization) => {
    await using server = await openTestServer()
    const answer = await post(server, '{ role }', { headers: { authorization } })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(answer.body).toMatchObject(unauthenticated)
  })

  test('without a token nothing is read where reading is not public, but the page opens', async () => {
    await using server = await openTestServer({ PUBLIC_READ: 'false' })
    const answer = await post(server, '{ role }')
    expect([answer.status, answer.body]).toMatchObject([401, unauthenticated])
    expect((await post(server, '{ role }', { headers: bearer(tokens.READ_TOKEN) })).status).toBe(
      200,
    )
    const page = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } })
    expect(page.status).toBe(200)
    await page.body?.cancel()
  })

  test('a mutation above the role is FORBIDDEN, not a masked error', async () => {
    await using server = await openTestServer()
    expect((await post(server, 'mutation { record }')).body).toMatchObject({
      errors: [{ path: ['record'], extensions: { code: 'FORBIDDEN' } }],
    })
    const ingest = await post(server, 'mutation { record }', {
      headers: bearer(tokens.INGEST_TOKEN),
    })
    expect(ingest.body).toEqual({ data: { record: true } })
  })
})

describe('over WebSocket', () => {
  async function roleOver(
    server: { url: string },
    connectionParams: Record<string, unknown>,
    headers: Record<string, string> = {},
  ) {
    const client = createClient({
      url: `${server.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(url: string, protocol: string) {
          super(url, protocol, { headers })
        }
      },
      connectionParams,
      retryAttempts: 0,
    })
    try {
      for await (const { data } of client.iterate({ query: '{ role }' })) return data?.role
    } finally {
      await client.dispose()
    }
  }

  test('the token comes in the parameters, in either spelling, or in the header', async () => {
    await using server = await openTestServer()
    expect(await roleOver(server, {})).toBe('read')
    expect(await roleOver(server, bearer(tokens.INGEST_TOKEN))).toBe('ingest')
    expect(await roleOver(server, { Authorization: `Bearer ${tokens.ADMIN_TOKEN}` })).toBe('admin')
    for (const name of ['authorization', 'Authorization']) {
      const headers = { [name]: `Bearer ${tokens.ADMIN_TOKEN}` }
      expect(await roleOver(server, { headers })).toBe('admin')
    }
    expect(await roleOver(server, {}, bearer(tokens.ADMIN_TOKEN))).toBe('admin')
  })

  test('a wrong token, or none where one is needed, closes with 4403', async () => {
    await using server = await openTestServer({ PUBLIC_READ: 'false' })
    const closed = { code: 4403, reason: expect.stringContaining('UNAUTHENTICATED') }
    await expect(roleOver(server, {})).rejects.toMatchObject(closed)
    await expect(roleOver(server, bearer('mistyped-token-of-the-test'))).rejects.toMatchObject(
      closed,
    )
    await expect(roleOver(server, { authorization: 5 })).rejects.toMatchObject(closed)
    expect(await roleOver(server, bearer(tokens.READ_TOKEN))).toBe('read')
  })

  test('a wrong token in the header is refused before the connection is one', async () => {
    await using server = await openTestServer()
    await expect(roleOver(server, {}, bearer('mistyped'))).rejects.toThrow(/401/)
  })
})

describe('the admin token in the data folder', () => {
  async function inFolder(run: (folder: string) => Promise<void>) {
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-token-'))
    try {
      await run(folder)
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  test('is made once, also by starts at the same time, and for this user alone', () =>
    inFolder(async (folder) => {
      const data = join(folder, 'new', 'data')
      const loaded = await Promise.all(Array.from({ length: 8 }, () => loadAdminToken(data)))
      const [{ token, file } = { token: '', file: '' }] = loaded
      expect(new Set(loaded.map((each) => each.token))).toEqual(new Set([token]))
      expect(token).toMatch(/^[\w-]{43}$/)
      expect(await readFile(file, 'utf8')).toBe(`${token}\n`)
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      await chmod(file, 0o644)
      expect(await loadAdminToken(data)).toEqual({ token, file })
      expect((await stat(file)).mode & 0o777).toBe(0o600)
    }))

  test('is not taken from a file that holds none, nor from a folder that is none', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'admin-token'), 'short')
      const unusable = { code: 'DATA_FOLDER_UNUSABLE', message: expect.stringContaining(folder) }
      await expect(loadAdminToken(folder)).rejects.toMatchObject(unusable)
      await expect(loadAdminToken(join(folder, 'admin-token'))).rejects.toMatchObject(unusable)
    }))
})
