import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setInterval, setTimeout } from 'node:timers/promises'
import { Fault } from '../../fault.ts'
import type { Logger } from '../../log.ts'
import { toDatabaseFault } from '../faults.ts'
import { checkVersion, createCluster, handOver } from './cluster.ts'
import { type Connection, connect } from './connection.ts'
import { type DataFolder, folderFault } from './data-folder.ts'
import { releaseReserve } from './disk-space.ts'
import { fileLock, tryFileLock } from './locks.ts'
import { endOrphans, identify, readPostmaster } from './postmaster.ts'
import { chooseAccount, locateBinaries } from './programs.ts'
import { prepareServerRole } from './server-role.ts'
import { freePort, type StartFailure, spawnPostgres } from './spawn-postgres.ts'

const GIVE_UP_AFTER_MS = 10_000
const RETRY_MS = 100

export interface StartOptions {
  folder: DataFolder
  role: 'server' | 'guest'
  /** Named in pg_stat_activity. */
  purpose: string
  log: Logger
  signal: AbortSignal
  /** For a restart: the port that clients know; no cluster is created then. By default a free port. */
  port?: number
}

export interface RunningPostgres {
  readonly connection: Connection
  readonly port: number
  /** Whether PostgreSQL was running already. */
  readonly reused: boolean
}

/**
 * Why an attempt did not lead to a connection, and another one may:
 * - `served`: a server lives on the folder, and its PostgreSQL does not run
 * - `room made`: there was no room to recover, so the reserve was released
 * - see `StartFailure` for the others
 */
type NotYet = StartFailure | 'served' | 'room made'

/**
 * Connects to the folder's PostgreSQL. If none runs, starts it; if there is no cluster, creates it first. Attempts are
 * repeated for 10 seconds.
 */
export async function startPostgres(options: StartOptions): Promise<RunningPostgres> {
  const { folder, role, log, signal } = options
  const giveUp = performance.now() + GIVE_UP_AFTER_MS
  for (;;) {
    const outcome = await attempt(options)
    if (typeof outcome !== 'string') return outcome
    log.debug({ outcome, role }, 'PostgreSQL could not be started yet')
    if (performance.now() > giveUp && !(await removeRemnant(options, outcome))) {
      throw givenUp(folder, outcome, options.port)
    }
    await setTimeout(RETRY_MS, undefined, { signal })
  }
}

async function attempt(options: StartOptions): Promise<RunningPostgres | NotYet> {
  const { folder, role, signal } = options
  using _start = await fileLock(folder.startLock, 'exclusive', signal)
  const running = await connectToRunning(folder, options)
  if (running === undefined && role === 'guest' && isServed(folder)) return 'served'
  const ensured = running === undefined ? await start(options) : { ...running, reused: true }
  if (typeof ensured === 'string') return ensured
  try {
    await prepareServerRole(folder, ensured.connection)
    return ensured
  } catch (error) {
    await ensured.connection[Symbol.asyncDispose]()
    if (toDatabaseFault(error)?.code === 'DATABASE_UNAVAILABLE') return 'killed'
    throw error
  }
}

/**
 * While a server lives, only the server starts PostgreSQL: what looks like a dead process from here may be alive in
 * another container on the same folder, and two PostgreSQLs on one cluster destroy it.
 */
function isServed(folder: DataFolder): boolean {
  using free = tryFileLock(folder.serverLock, 'exclusive')
  return free === undefined
}

async function start(options: StartOptions): Promise<RunningPostgres | NotYet> {
  const { folder, purpose, log, signal } = options
  const binaries = await locateBinaries()
  const account = await chooseAccount(folder, binaries)
  if (options.port === undefined) await createCluster(folder, binaries, account)
  await checkVersion(folder, binaries)
  await handOver(folder.cluster, account)
  const port = options.port ?? (await freePort())
  const started = await spawnPostgres({ folder, binaries, account, port, signal }).catch((error) =>
    makeRoom(folder, error, log),
  )
  if (started === 'orphans') await endOrphans(folder, log)
  if (typeof started === 'string') return started
  log.debug({ pid: started.pid, port }, 'PostgreSQL started')
  return { connection: await connect(folder, port, purpose), port, reused: false }
}

/** Releases the reserve for a PostgreSQL that finds no room to recover. */
async function makeRoom(folder: DataFolder, error: unknown, log: Logger): Promise<'room made'> {
  const isFull = error instanceof Fault && error.code === 'STORAGE_FULL'
  if (!isFull || !(await releaseReserve(folder))) throw error
  log.warn({ err: error }, 'PostgreSQL starts in the disk space that was reserved for it')
  return 'room made'
}

/**
 * Removes a `postmaster.pid` that stays empty, and returns whether there was one. A machine that fails before the file
 * is on disk leaves it; PostgreSQL takes it for the file of another PostgreSQL that is just starting.
 */
async function removeRemnant(
  { folder, log, signal }: StartOptions,
  reason: NotYet,
): Promise<boolean> {
  if (reason !== 'another starts') return false
  using _start = await fileLock(folder.startLock, 'exclusive', signal)
  const file = join(folder.cluster, 'postmaster.pid')
  if ((await stat(file).catch(() => undefined))?.size !== 0) return false
  log.warn({ file }, 'Removing the empty pid file of a PostgreSQL that never started')
  await rm(file)
  return true
}

function givenUp(folder: DataFolder, reason: NotYet, port: number | undefined): Fault {
  switch (reason) {
    case 'room made':
      return folderFault(folder, new Error('PostgreSQL found No space left to recover'))
    case 'served':
      return new Fault(
        'DATABASE_UNAVAILABLE',
        `A server uses ${folder.root}, but its PostgreSQL cannot be reached from here. If the server runs in a container, run this in the same container.`,
      )
    case 'port taken':
      return new Fault(
        'PORT_UNAVAILABLE',
        `PostgreSQL cannot listen on 127.0.0.1${port === undefined ? '' : `, port ${port}`}, because another program does. End that program, or restart Heliograph, which picks another port.`,
      )
    case 'killed':
      return new Fault(
        'DATABASE_UNAVAILABLE',
        `PostgreSQL was killed each time it started in ${folder.cluster}, perhaps for want of memory. See ${folder.log}.`,
      )
    case 'orphans':
    case 'another starts':
      return new Fault(
        'DATA_FOLDER_UNUSABLE',
        `PostgreSQL cannot start in ${folder.cluster}, because processes of another PostgreSQL still use it. End them (their names begin with "postgres:") and start again.`,
      )
  }
}

const POLL_MS = 25
const REPORT_EVERY_MS = 5000
/** For a PostgreSQL that says it is ready, and yet refuses connections. */
const ANSWER_WITHIN_MS = 20_000

/**
 * Connects to the PostgreSQL that runs on the folder, whoever started it. Waits while it recovers from a crash or is
 * stopping. undefined: none runs.
 */
async function connectToRunning(
  folder: DataFolder,
  options: { purpose: string; log: Logger; signal: AbortSignal },
): Promise<{ connection: Connection; port: number } | undefined> {
  const { purpose, log, signal } = options
  let readySince: number | undefined
  let reported = performance.now()
  for await (const _ of setInterval(POLL_MS, undefined, { signal })) {
    const postmaster = await readPostmaster(folder.cluster)
    if (postmaster === undefined) return
    const { pid, port, ready } = postmaster
    const whose = await identify(pid, folder.cluster)
    if (whose === 'gone' || whose === 'foreign') return
    if (ready && port !== undefined) {
      readySince ??= performance.now()
      try {
        return { connection: await connect(folder, port, purpose), port }
      } catch (error) {
        if (error instanceof Fault) throw error
        if (performance.now() - readySince > ANSWER_WITHIN_MS) throw silent(folder, pid, error)
      }
    } else if (performance.now() - reported > REPORT_EVERY_MS) {
      reported = performance.now()
      log.info({ pid }, 'Waiting for PostgreSQL, which is starting, recovering or stopping')
    }
  }
  throw signal.reason
}

function silent(folder: DataFolder, pid: number, cause: unknown): Fault {
  return new Fault(
    'DATABASE_UNAVAILABLE',
    `Process ${pid} is PostgreSQL on ${folder.cluster} according to its postmaster.pid, but does not answer. End that process; if it is another program, delete postmaster.pid.`,
    { cause },
  )
}
