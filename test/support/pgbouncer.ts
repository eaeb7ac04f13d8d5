import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../src/database/embedded/spawn-postgres.ts'

/** Whether this machine has PgBouncer; without it the tests that need it are skipped. */
export const hasPgBouncer = spawnSync('pgbouncer', ['--version']).status === 0

/** A PgBouncer in transaction mode, with so many connections to a database. */
export async function openPgBouncer(
  databaseUrl: string,
  connections: number,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  const name = pathname.slice(1)
  const ownPort = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'heliograph-pgbouncer-'))
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(
    file,
    `[databases]
${name} = host=${hostname} port=${port} dbname=${name} user=${username} password=${decodeURIComponent(password) || 'none'}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ownPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
`,
  )
  // It refuses to run as root.
  await chmod(folder, 0o755)
  const asUser = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const program = spawn('pgbouncer', ['-q', ...asUser, file], { stdio: 'ignore' })
  const ended = once(program, 'exit')
  while (!(await accepts(ownPort))) {
    if (program.exitCode !== null) throw new Error(`PgBouncer ended with ${program.exitCode}`)
    await sleep(10)
  }
  return {
    url: `postgres://${username}@127.0.0.1:${ownPort}/${name}?sslmode=disable`,
    [Symbol.asyncDispose]: async () => {
      program.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
