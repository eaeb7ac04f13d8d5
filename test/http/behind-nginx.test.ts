import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { openTestServer } from './test-server.ts'

const nginx = '/usr/sbin/nginx'
const REQUESTS = Number(process.env.NGINX_REQUESTS ?? 5000)
const CONNECTIONS = 64

test.skipIf(!existsSync(nginx))(
  'nginx that keeps its connections is answered every request',
  async () => {
    await using server = await openTestServer({ TRUST_PROXY: '127.0.0.1', PUBLIC_READ: 'true' })
    await using proxy = await openNginx(server.port)
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
    const statuses = new Map<string, number>()
    const body = JSON.stringify({ query: '{ role plants { id } }' })
    const ask = async () => {
      const asking = request(`http://127.0.0.1:${proxy.port}/graphql`, {
        ...{ agent, method: 'POST' },
        headers: { 'content-type': 'application/json', host: 'solar.example' },
      })
      asking.end(body)
      const [response] = await once(asking, 'response')
      const said = `${response.statusCode} ${await text(response)}`
      statuses.set(said, (statuses.get(said) ?? 0) + 1)
    }
    let left = REQUESTS
    const client = async () => {
      while (left-- > 0) await ask()
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, client))
    agent.destroy()
    expect([...statuses]).toEqual([['200 {"data":{"role":"read","plants":[{"id":1}]}}', REQUESTS]])
  },
  240_000,
)

/** A proxy as the documentation says: HTTP/1.1 to the server, over connections that it keeps. */
async function openNginx(upstream: number): Promise<{ port: number } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-nginx-'))
  const port = await freePort()
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log stderr crit;
    events { worker_connections 1024; }
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      keepalive_requests 1000000;
      upstream heliograph { server 127.0.0.1:${upstream}; keepalive 16; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://heliograph;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $remote_addr;
        }
      }
    }`,
  )
  const child = spawn(nginx, ['-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  await expect
    .poll(() =>
      fetch(`http://127.0.0.1:${port}/livez`).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200)
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
