import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../src/database/embedded/spawn-postgres.ts'

export const nginx = '/usr/sbin/nginx'

const PATIENCE_MS = 20_000

/** nginx before servers on these ports, as docs/grow.md says. */
export async function openNginx(
  ports: readonly number[],
): Promise<{ url: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-nginx-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  await writeFile(join(folder, 'nginx.conf'), configurationOf({ folder, port, ports }))
  const child = spawn(nginx, ['-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true })
  }
  const signal = AbortSignal.timeout(PATIENCE_MS)
  while (!(await answers(url))) {
    if (signal.aborted || child.exitCode !== null) {
      await close()
      throw new Error(`nginx on port ${port} does not pass anything on`)
    }
    await sleep(20)
  }
  return { url, [Symbol.asyncDispose]: close }
}

function answers(url: string): Promise<boolean> {
  return fetch(`${url}/livez`).then(
    ({ ok }) => ok,
    () => false,
  )
}

function configurationOf(options: {
  folder: string
  port: number
  ports: readonly number[]
}): string {
  const { folder, port, ports } = options
  const servers = ports.map((port) => `server 127.0.0.1:${port} max_fails=1 fail_timeout=2s;`)
  return `
    daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log stderr emerg;
    worker_rlimit_nofile 16384;
    events { worker_connections 8192; }
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
      upstream heliograph { least_conn; ${servers.join(' ')} }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://heliograph;
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $remote_addr;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
          proxy_read_timeout 1h;
          proxy_connect_timeout 2s;
        }
      }
    }`
}
