import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../src/database/embedded/spawn-postgres.ts'

export const nginx = '/usr/sbin/nginx'

const PATIENCE_MS = 20_000

/** The ports of two servers. */
export type Servers = readonly [number, number]

/** nginx before two servers, configured as docs/grow.md says. */
export async function openNginx(servers: Servers): Promise<{ url: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-nginx-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  await writeFile(join(folder, 'nginx.conf'), await configurationOf({ folder, port, servers }))
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

/** The ports of the document that are replaced. */
const DOCUMENTED = { proxy: 'listen 4000', servers: ['127.0.0.1:4001', '127.0.0.1:4002'] }

async function configurationOf(options: {
  folder: string
  port: number
  servers: Servers
}): Promise<string> {
  const { folder, port, servers } = options
  const text = await readFile(join(import.meta.dirname, '../../../docs/grow.md'), 'utf8')
  const [, documented = ''] = /```nginx\n(.*?)```/s.exec(text) ?? []
  const replaced = DOCUMENTED.servers.reduce(
    (text, address, index) => replaceOnce(text, address, `127.0.0.1:${servers[index]}`),
    replaceOnce(documented, DOCUMENTED.proxy, `listen 127.0.0.1:${port}`),
  )
  return `
    daemon off; master_process off; worker_processes 1; pid ${folder}/pid; error_log stderr emerg;
    worker_rlimit_nofile 16384;
    events { worker_connections 8192; }
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      ${replaced}
    }`
}

function replaceOnce(text: string, part: string, by: string): string {
  if (text.split(part).length !== 2) throw new Error(`Expected docs/grow.md to say ${part} once`)
  return text.replace(part, by)
}
