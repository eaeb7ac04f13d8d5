import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { openTestServer, type TestServer } from '../http/test-server.ts'

const nginx = '/usr/sbin/nginx'

const proxied = { TRUST_PROXY: '127.0.0.1', PUBLIC_READ: 'true' }

test.skipIf(!existsSync(nginx)).for([
  ['at the root', '/', 'location / {', {}],
  ['below a path that nginx takes off', '/solar/', 'location /solar/ {', {}],
  ['below a path that nginx leaves on', '/solar/', 'location /solar/ {', { BASE_PATH: '/solar' }],
] as const)('everything works behind nginx as documented, %s', async ([, path, location, base]) => {
  await using server = await openTestServer({ ...proxied, ...base })
  await using proxy = await openNginx(documented(location, server, 'BASE_PATH' in base))
  const origin = `http://127.0.0.1:${proxy.port}`
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
})

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

/** The configuration of docs/clients.md with this location, about the server of this test. */
function documented(location: string, server: TestServer, keepsPath: boolean): string {
  const blocks = [...readFileSync('docs/clients.md', 'utf8').matchAll(/```nginx\n(.*?)```/gs)]
  const [map = '', ...locations] = blocks.map(([, block = '']) => block)
  const block = locations.find((each) => each.startsWith(location))
  if (block === undefined) throw new Error(`Expected ${location} in docs/clients.md`)
  const upstream = `127.0.0.1:${server.port}`
  const about = block.replace('127.0.0.1:4000', upstream)
  return `${map} server { listen 127.0.0.1:PORT; ${keepsPath ? about.replace(`${upstream}/;`, `${upstream};`) : about} }`
}

async function openNginx(configuration: string): Promise<{ port: number } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-nginx-'))
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log stderr crit;
    events { worker_connections 256; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      ${configuration.replace('PORT', String(port))}
    }`,
  )
  const child = spawn(nginx, ['-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  const answers = () =>
    fetch(`http://127.0.0.1:${port}`).then(
      () => true,
      () => false,
    )
  await expect.poll(answers).toBe(true)
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  await using server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('Expected a port')
  return address.port
}
