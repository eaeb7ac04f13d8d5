import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { dataFolder } from '../../src/database/embedded/data-folder.ts'
import {
  type Account,
  type Binaries,
  chooseAccount,
  cleanEnvironment,
  locateBinaries,
} from '../../src/database/embedded/programs.ts'
import { freePort } from '../../src/database/embedded/spawn-postgres.ts'

/** Creates and starts PostgreSQLs with settings of their own; all are killed when it is disposed. */
export interface TemporaryClusters extends AsyncDisposable {
  /** Creates a cluster, and returns its folder. */
  create(name: string): Promise<string>
  /** Starts the cluster of a folder. */
  start(cluster: string, settings?: Record<string, string>): Promise<Postgres>
}

export interface Postgres {
  readonly url: string
  kill(): Promise<void>
}

/** Of the embedded PostgreSQL, unless others are given. */
export async function openTemporaryClusters(
  given?: Pick<Binaries, 'initdb' | 'postgres'>,
): Promise<TemporaryClusters> {
  await using opening = new AsyncDisposableStack()
  const root = await mkdtemp(join(tmpdir(), 'heliograph-clusters-'))
  opening.defer(() => rm(root, { recursive: true, maxRetries: 20 }))
  await chmod(root, 0o755)
  const binaries = { ...(await locateBinaries()), ...given }
  const account = await chooseAccount(dataFolder(root), binaries)
  const open = opening.move()
  return {
    create: async (name) => {
      const cluster = join(root, name)
      await initialise(binaries, account, cluster)
      return cluster
    },
    start: async (cluster, settings = {}) => {
      const server = await startPostgres(binaries, account, cluster, settings)
      open.defer(server.kill)
      return server
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

async function initialise(binaries: Binaries, account: Account, cluster: string): Promise<void> {
  const { file, args, as } = account.command(binaries.initdb, [
    `--pgdata=${cluster}`,
    '--username=heliograph',
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ])
  await promisify(execFile)(file, args, { ...as, cwd: '/', env: cleanEnvironment })
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

/** Runs a statement on a connection of its own, and returns how many rows there are. */
export async function ask(url: string, text: string): Promise<number> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows.length
  } finally {
    await client.end()
  }
}
