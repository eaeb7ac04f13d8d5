import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setInterval } from 'node:timers/promises'
import { Fault } from '../../fault.ts'
import { type DataFolder, DISK_FULL, folderFault } from './data-folder.ts'
import { identify, type Postmaster, readPostmaster } from './postmaster.ts'
import { type Account, type Binaries, cleanEnvironment, SYNC_METHOD } from './programs.ts'
import { openLog, readLogSince } from './server-log.ts'

const POLL_MS = 15

/** Given on the command line, so that the Heliograph that starts the cluster decides, not the one that created it. */
const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  max_connections: '100',
  shared_buffers: '128MB',
  // Before recovery from a crash all files are synced.
  recovery_init_sync_method: SYNC_METHOD,
  // No extra processes for reading: one disk, small tables.
  io_method: 'sync',
  log_min_messages: 'warning',
  // Statements may carry what users would not want in a log file.
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
}

/**
 * Why PostgreSQL ended instead of starting, if another attempt may succeed:
 * - `port taken`: another program listens on the port
 * - `orphans`: processes of a killed PostgreSQL still hold its shared memory
 * - `another starts`: another PostgreSQL, whose starter was killed, came first
 * - `killed`: it was killed before it was ready
 */
export type StartFailure = 'port taken' | 'orphans' | 'another starts' | 'killed'

/**
 * Starts PostgreSQL in a session of its own, so that it outlives this process and Ctrl-C does not reach it. Waits until
 * it accepts connections, for as long as it lives: recovery after a crash may take a while. The caller must hold the
 * start lock.
 */
export async function spawnPostgres(options: {
  folder: DataFolder
  binaries: Binaries
  account: Account
  port: number
  signal: AbortSignal
}): Promise<Postmaster | StartFailure> {
  const { folder, binaries, account, port, signal } = options
  const settings = Object.entries({ ...SETTINGS, port: `${port}` }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const { file, args, as } = account.command(binaries.postgres, ['-D', folder.cluster, ...settings])
  await using log = await openLog(folder.log)
  const child = spawn(file, args, {
    ...as,
    cwd: '/',
    env: { ...cleanEnvironment, ...(await forgiveForeignProcess(folder)) },
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  child.unref()
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, by) => resolve(by === null ? `exit code ${code}` : `signal ${by}`))
  })
  const stopWaiting = new AbortController()
  try {
    const started = await Promise.race([
      ended,
      whenReady(folder, child.pid, AbortSignal.any([signal, stopWaiting.signal])),
    ])
    if (typeof started !== 'string') return started
    return explain(folder, started, await readLogSince(folder.log, log.offset))
  } catch (error) {
    // No other process knows of it yet.
    child.kill('SIGQUIT')
    // Otherwise Node, with nothing else to wait for, would exit here before resources are closed.
    child.ref()
    await ended
    throw error
  } finally {
    stopWaiting.abort()
  }
}

async function whenReady(
  folder: DataFolder,
  pid: number | undefined,
  signal: AbortSignal,
): Promise<Postmaster> {
  for await (const _ of setInterval(POLL_MS, undefined, { signal })) {
    const postmaster = await readPostmaster(folder.cluster)
    if (postmaster?.pid === pid && postmaster?.ready) return postmaster
  }
  throw signal.reason
}

/**
 * PostgreSQL refuses to start if the process id that an earlier run left in `postmaster.pid` is that of a live process,
 * unless it is its parent or the "grandparent" that pg_ctl names in this variable. A process that is certainly not
 * PostgreSQL is named there: unlike deleting the file, this keeps all of PostgreSQL's own checks.
 */
async function forgiveForeignProcess(folder: DataFolder): Promise<NodeJS.ProcessEnv> {
  const left = await readPostmaster(folder.cluster)
  if (left === undefined || (await identify(left.pid, folder.cluster)) !== 'foreign') return {}
  return { PG_GRANDPARENT_PID: `${left.pid}` }
}

function explain(folder: DataFolder, ended: string, said: string): StartFailure {
  if (/Address already in use|could not create any TCP\/IP sockets/.test(said)) return 'port taken'
  if (/^signal/.test(ended) || /was terminated by signal/.test(said)) return 'killed'
  if (/pre-existing shared memory block/.test(said)) return 'orphans'
  if (/lock file "postmaster.pid" (already exists|is empty)/.test(said)) return 'another starts'
  const full = said.split('\n').findLast((line) => DISK_FULL.test(line))
  if (full !== undefined)
    throw folderFault(folder, new Error(full.replace(/^.*(FATAL|PANIC): +/, '')))
  throw new Fault(
    'DATA_FOLDER_UNUSABLE',
    `PostgreSQL did not start in ${folder.cluster} (${ended}); nothing was deleted. It said:\n${said || 'nothing'}`,
  )
}

/**
 * Below the ports that systems give to outgoing connections (from 32768 on Linux). Otherwise, while PostgreSQL is down,
 * a client that tries to reach it could be given that very port and connect to itself.
 */
const FIRST = 15_000
const LAST = 29_999
const TRIES = 50

/** A port on which nothing listens at this moment; another process may still take it first. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1))
    if (await isFree(port)) return port
  }
  throw new Fault(
    'PORT_UNAVAILABLE',
    `No free port for the embedded PostgreSQL: tried ${TRIES} between ${FIRST} and ${LAST} on 127.0.0.1. Set DATABASE_URL to a PostgreSQL of your own.`,
  )
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    if (server.listening) {
      server.close()
      await once(server, 'close')
    }
  }
}
