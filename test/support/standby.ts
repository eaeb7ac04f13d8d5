import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Account, chooseAccount } from '../../src/database/embedded/account.ts'
import { type Binaries, locateBinaries } from '../../src/database/embedded/binaries.ts'
import { dataFolder } from '../../src/database/embedded/data-folder.ts'
import { cleanEnvironment } from '../../src/database/embedded/environment.ts'
import { freePort } from '../../src/database/embedded/free-port.ts'
import { openCable } from './cable.ts'

/** A PostgreSQL and its streaming standby, reached over an address that leads to whichever it is told to. */
export interface Pair extends AsyncDisposable {
  /** Leads to the primary, and after `failOver` to what was the standby. */
  readonly url: string
  /** From then on the standby hears nothing of what is committed. */
  isolateStandby(): Promise<void>
  /** Kills the primary, and makes the standby the primary. */
  failOver(): Promise<void>
}

/** Where it is synchronous, what can be seen on the primary is on the standby already. */
export async function openPair({ synchronous }: { synchronous: boolean }): Promise<Pair> {
  await using opening = new AsyncDisposableStack()
  const root = await mkdtemp(join(tmpdir(), 'heliograph-pair-'))
  opening.defer(() => rm(root, { recursive: true, maxRetries: 20 }))
  await chmod(root, 0o755)
  const binaries = await locateBinaries()
  const account = await chooseAccount(dataFolder(root), binaries)
  const clusters = await makeClusters(root, binaries, account)

  const start = async (cluster: string, settings = {}) => {
    const server = await startPostgres(binaries, account, cluster, settings)
    opening.defer(server.kill)
    return server
  }
  const primary = await start(clusters.primary)
  const link = opening.use(await openCable(primary.url))
  await writeFile(join(clusters.standby, 'standby.signal'), '')
  const standby = await start(clusters.standby, {
    primary_conninfo: `host=127.0.0.1 port=${new URL(link.url).port} user=heliograph`,
    primary_slot_name: '',
  })
  while ((await ask(primary.url, 'select from pg_stat_replication')) === 0) await sleep(20)
  if (synchronous) {
    await ask(primary.url, `alter system set synchronous_standby_names = '*'`)
    await ask(primary.url, 'select pg_reload_conf()')
  }
  const address = opening.use(await openCable(primary.url))
  const open = opening.move()
  return {
    url: address.url,
    isolateStandby: link.cut,
    failOver: async () => {
      await primary.kill()
      await ask(standby.url, 'select pg_promote()')
      address.leadTo(standby.url)
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

interface Postgres {
  readonly url: string
  kill(): Promise<void>
}

/** Two of the same contents: a standby is a copy of its primary. */
async function makeClusters(root: string, binaries: Binaries, account: Account) {
  const primary = join(root, 'primary')
  const standby = join(root, 'standby')
  const { file, args, as } = account.command(binaries.initdb, [
    `--pgdata=${primary}`,
    '--username=heliograph',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ])
  await promisify(execFile)(file, args, { ...as, cwd: '/', env: cleanEnvironment })
  await cp(primary, standby, { recursive: true, preserveTimestamps: true })
  return { primary, standby }
}

async function startPostgres(
  { postgres }: Binaries,
  account: Account,
  cluster: string,
  settings: Record<string, string>,
): Promise<Postgres> {
  const port = await freePort()
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: `${port}`,
    wal_receiver_status_interval: '1s',
    ...settings,
  }
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { file, args, as } = account.command(postgres, ['-D', cluster, ...options])
  const child = spawn(file, args, { ...as, cwd: '/', env: cleanEnvironment, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const url = `postgres://heliograph@127.0.0.1:${port}/postgres?sslmode=disable`
  while ((await ask(url, 'select').catch(() => undefined)) === undefined) {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended with ${child.exitCode}`)
    await sleep(20)
  }
  return {
    url,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Answers how many rows there are. */
async function ask(url: string, text: string): Promise<number> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows.length
  } finally {
    await client.end()
  }
}
