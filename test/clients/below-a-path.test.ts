import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { freePort } from '../../src/database/embedded/spawn-postgres.ts'
import { openTestServer, type TestServer } from '../http/test-server.ts'
import { openTestDatabase } from '../support/database.ts'
import { executeUntil } from '../support/graphiql.ts'
import { openServer } from '../support/server.ts'
import { hasChromium, openChromium, openTab } from '../web/tab.ts'

const nginx = '/usr/sbin/nginx'
const caddy = (process.env.PATH ?? '')
  .split(':')
  .map((folder) => join(folder, 'caddy'))
  .find(existsSync)

const proxied = { TRUST_PROXY: '127.0.0.1', PUBLIC_READ: 'true' }

test.skipIf(!existsSync(nginx)).for([
  ['at the root', '/', 'location / {', {}],
  ['below a path that nginx takes off', '/solar/', 'location /solar/ {', {}],
  ['below a path that nginx leaves on', '/solar/', 'location /solar/ {', { BASE_PATH: '/solar' }],
] as const)('everything works behind nginx as documented, %s', async ([, path, location, base]) => {
  await using server = await openTestServer({ ...proxied, ...base })
  await using proxy = await openNginx(documented(location, server.port, 'BASE_PATH' in base))
  await everythingWorks(server, proxy.port, path)
})

test.skipIf(caddy === undefined)('everything works behind Caddy as documented', async () => {
  await using server = await openTestServer(proxied)
  await using proxy = await openCaddy(server)
  await everythingWorks(server, proxy.port, '/')
})

test.skipIf(!existsSync(nginx) || !hasChromium)(
  'the page and GraphiQL work in a browser below a path',
  async () => {
    await using database = await openTestDatabase('native')
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc) values (1, now(), 57)`.execute(
      database.kysely,
    )
    const environment = { ...proxied, BASE_PATH: '/solar', SIMULATE: '0' }
    await using server = await openServer({ ...environment, DATABASE_URL: database.url })
    await using proxy = await openNginx(documented('location /solar/ {', server.port, true))
    const browser = await openChromium()
    try {
      await using tab = await openTab(browser, `http://127.0.0.1:${proxy.port}/solar/`)
      const { page, complaints, foreign } = tab
      await expect.poll(() => page.locator('now-view').innerText()).toContain('57 %')
      await page.getByRole('link', { name: 'System' }).click()
      await page.getByRole('link', { name: 'GraphiQL' }).click()
      expect(new URL(page.url()).pathname).toBe('/solar/graphql')
      await executeUntil(page, /"data"/)
      expect({ complaints, foreign }).toEqual({ complaints: [], foreign: [] })
    } finally {
      await browser.close()
    }
  },
  120_000,
)

/** Gets the page, its files and an answer, and follows readings by WebSocket and by events, through a proxy. */
async function everythingWorks(server: TestServer, port: number, path: string): Promise<void> {
  const origin = `http://127.0.0.1:${port}`
  const at = (place: string) => new URL(place, `${origin}${path}`)

  const page = await fetch(at(''))
  const html = await page.text()
  const places = [...html.matchAll(/(?:src|href)="(\.\/web[^"]+)"/g)].map(([, place = '']) => place)
  expect(places.length).toBeGreaterThan(10)
  for (const place of places.slice(0, 3)) expect((await fetch(at(place))).status).toBe(200)
  expect((await fetch(at('readyz'))).status).toBe(200)
  const graphiql = await fetch(at('graphql'), { headers: { accept: 'text/html' } })
  expect(await graphiql.text()).toContain('GraphiQL')
  const asked = await fetch(at('graphql'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: '{"query":"{ role }"}',
  })
  expect(await asked.json()).toEqual({ data: { role: 'read' } })

  const socket = new WebSocket(at('graphql').href.replace('http', 'ws'), 'graphql-transport-ws', {
    headers: { origin },
  })
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  expect(String((await once(socket, 'message'))[0])).toBe('{"type":"connection_ack"}')
  socket.terminate()

  const ending = new AbortController()
  const events = await fetch(at('graphql?query=subscription{latestEnergy{soc}}'), {
    headers: { accept: 'text/event-stream' },
    signal: ending.signal,
  })
  await server.subscribed(1)
  server.emit(42)
  let said = ''
  const decoder = new TextDecoder()
  for await (const chunk of events.body ?? []) {
    said += decoder.decode(chunk)
    if (said.includes('"soc":42')) break
  }
  expect(said).toContain('event: next')
  ending.abort()
}

test('the path without its slash leads to the page, and other paths that begin so do not', async () => {
  await using server = await openTestServer({ BASE_PATH: '/solar' })
  const root = `http://127.0.0.1:${server.port}`
  expect(server.url).toBe(`${root}/solar`)
  const page = await fetch(`${root}/solar?x=1`, { redirect: 'manual' })
  expect([page.status, page.headers.get('location')]).toEqual([308, '/solar/'])
  const status = async (path: string) => (await fetch(root + path)).status
  expect(await status('/solar/livez')).toBe(200)
  expect(await status('/livez')).toBe(200)
  expect(await status('/solarium')).toBe(404)
  expect(await status('/solar/solar/livez')).toBe(404)
})

/** The configuration of docs/clients.md with this location, about a server on this port. */
function documented(location: string, port: number, keepsPath: boolean): string {
  const blocks = [...readFileSync('docs/clients.md', 'utf8').matchAll(/```nginx\n(.*?)```/gs)]
  const [map = '', ...locations] = blocks.map(([, block = '']) => block)
  const block = locations.find((each) => each.startsWith(location))
  if (block === undefined) throw new Error(`Expected ${location} in docs/clients.md`)
  const upstream = `127.0.0.1:${port}`
  const about = block.replace('127.0.0.1:4000', upstream)
  return `${map} server { listen 127.0.0.1:PORT; ${keepsPath ? about.replace(`${upstream}/;`, `${upstream};`) : about} }`
}

/** A program that passes requests on, on a port of its own. */
interface Proxy extends AsyncDisposable {
  readonly port: number
}

async function openNginx(configuration: string): Promise<Proxy> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return await openProxy((folder, port) => ({
    file: 'nginx.conf',
    text: `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log stderr crit;
    events { worker_connections 256; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      ${configuration.replace('PORT', String(port))}
    }`,
    command: [nginx, '-c', join(folder, 'nginx.conf')],
  }))
}

async function openCaddy(server: TestServer): Promise<Proxy> {
  const [, documented = ''] =
    /```caddy\n(.*?)```/s.exec(readFileSync('docs/clients.md', 'utf8')) ?? []
  const about = documented.replace('127.0.0.1:4000', `127.0.0.1:${server.port}`)
  return await openProxy((folder, port) => ({
    file: 'Caddyfile',
    // Its port for administrators may be taken.
    text: `{\n  admin off\n}\n${about.replace(':8080', `:${port}`)}`,
    command: [caddy ?? '', 'run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')],
  }))
}

interface ProxyFiles {
  file: string
  text: string
  command: readonly [string, ...string[]]
}

/** Starts a proxy with its configuration in a folder of its own, and waits until it answers. */
async function openProxy(configure: (folder: string, port: number) => ProxyFiles): Promise<Proxy> {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-proxy-'))
  opening.defer(() => rm(folder, { recursive: true }))
  const port = await freePort()
  const { file, text, command } = configure(folder, port)
  await writeFile(join(folder, file), text)
  const [program, ...words] = command
  const child = spawn(program, words, {
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (data) => (errors += data))
  const ended = once(child, 'exit')
  opening.defer(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const answers = async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended:\n${errors}`)
    return await fetch(`http://127.0.0.1:${port}`).then(
      () => true,
      () => false,
    )
  }
  await expect.poll(answers, { timeout: 30_000 }).toBe(true)
  const open = opening.move()
  return { port, [Symbol.asyncDispose]: () => open.disposeAsync() }
}
