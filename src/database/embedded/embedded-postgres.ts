import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { setInterval, setTimeout } from 'node:timers/promises'
import { Fault } from '../../fault.ts'
import type { Logger } from '../../log.ts'
import { type Connection, connect } from './connection.ts'
import { type DataFolder, dataFolder, prepareDataFolder } from './data-folder.ts'
import { type Disk, openDiskGuard } from './disk-space.ts'
import { fileLock, lockServer, SERVER_PURPOSE, tryFileLock } from './locks.ts'
import { identify, readPostmaster } from './postmaster.ts'
import { keepLogBounded } from './server-log.ts'
import { prepareServerRole, serverUrl } from './server-role.ts'
import { type RunningPostgres, type StartOptions, startPostgres } from './start-postgres.ts'

/** A PostgreSQL in the data folder, shared by all processes that open it; the last one out stops it. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /**
   * `postgres://…` with the password, for a role that owns the database and is no superuser; on 127.0.0.1 only. It does
   * not change while this is open.
   */
  readonly url: string
  /** Whether PostgreSQL was running already: started by another process, or left behind by one that died. */
  readonly reused: boolean
  readonly disk: Disk
}

/**
 * Opens the database in the data folder, which is created if it is missing. One process may be the `server`; a second
 * is refused with DATA_FOLDER_IN_USE. Guests (import, migrate, …) share the PostgreSQL that runs, or start it. Whatever
 * is killed, the next process to open finds everything that was committed.
 *
 * The states of the PostgreSQL of a data folder, which its processes share:
 * - ABSENT: there is no cluster; the first to open creates it (cluster.ts).
 * - STOPPED: the cluster is there, nobody uses it.
 * - STARTING: a process that holds the start lock starts it, or waits while it recovers (start-postgres.ts).
 * - RUNNING: at least one process uses it, by a shared lock. If it dies, its users start it again (`watchPostgres`).
 * - READ-ONLY: running, but the disk is almost full, so all writing is refused (disk-space.ts).
 * - STOPPING: the last user leaves and stops it (`stopUnlessUsed`).
 */
export async function openEmbeddedPostgres(options: {
  dataDir: string
  role: 'server' | 'guest'
  log: Logger
}): Promise<EmbeddedPostgres> {
  const { dataDir, role, log } = options
  const folder = dataFolder(resolve(dataDir))
  await prepareDataFolder(folder)

  await using opening = new AsyncDisposableStack()
  if (role === 'server') opening.use(await lockServer(folder))
  opening.defer(() => stopUnlessUsed(folder, log))
  opening.use(await fileLock(folder.usersLock, 'shared'))
  const purpose = `${role === 'server' ? SERVER_PURPOSE : 'guest, process'} ${process.pid}`
  const { signal } = new AbortController()
  const first = await startPostgres({ folder, role, purpose, log, signal })
  opening.use(watchPostgres(first, { folder, role, purpose, log }))
  opening.use(
    keepLogBounded(folder.log, (error) => log.warn({ err: error }, 'Cannot bound the log')),
  )
  const disk = opening.use(
    await openDiskGuard({ folder, port: first.port, first: first.connection, log }),
  )
  const url = await serverUrl(folder, first.port)

  const open = opening.move()
  return { url, reused: first.reused, disk, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** The address of the database that runs in the data folder, for psql; undefined if none answers. */
export async function runningEmbeddedUrl(dataDir: string): Promise<string | undefined> {
  const folder = dataFolder(resolve(dataDir))
  const postmaster = await readPostmaster(folder.cluster)
  if (postmaster?.port === undefined || !postmaster.ready) return
  if ((await identify(postmaster.pid, folder.cluster)) !== 'ours') return
  try {
    await using connection = await connect(folder, postmaster.port, 'asks for the address')
    // If an older Heliograph started it, the role does not exist yet.
    if (!existsSync(folder.serverPassword)) {
      using _start = await fileLock(folder.startLock, 'exclusive')
      await prepareServerRole(folder, connection)
    }
    return await serverUrl(folder, postmaster.port)
  } catch (error) {
    if (error instanceof Fault) throw error
    return
  }
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 5000

/**
 * Keeps PostgreSQL running. When it dies, whatever the reason, a connection of our own breaks; then it is started again
 * on the same port, so that pools find it by themselves. Tries for ever, with longer and longer pauses.
 */
function watchPostgres(
  first: RunningPostgres,
  options: Omit<StartOptions, 'signal' | 'port'>,
): AsyncDisposable {
  const closing = new AbortController()
  const watching = watch(first.connection, {
    ...options,
    signal: closing.signal,
    port: first.port,
  })
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await watching
    },
  }
}

async function watch(first: Connection, options: StartOptions): Promise<void> {
  const { signal } = options
  const closed = once(signal, 'abort')
  let connection: Connection | undefined = first
  while (connection !== undefined) {
    await Promise.race([connection.ended, closed])
    await connection[Symbol.asyncDispose]()
    if (signal.aborted) return
    connection = await startAgain(options)
  }
}

/** undefined: the watch was closed meanwhile. */
async function startAgain(options: StartOptions): Promise<Connection | undefined> {
  const { log, signal } = options
  log.warn('PostgreSQL ended; starting it again')
  const since = performance.now()
  let pause = FIRST_PAUSE_MS
  let told: unknown
  while (!signal.aborted) {
    try {
      const { connection } = await startPostgres(options)
      log.info({ ms: Math.round(performance.now() - since) }, 'PostgreSQL runs again')
      return connection
    } catch (error) {
      if (signal.aborted) return
      // Logged once for each reason: it may take hours, and the log may be on the full disk.
      const level = reasonOf(error) === told ? 'debug' : 'error'
      told = reasonOf(error)
      log[level]({ err: error, pause }, 'PostgreSQL could not be started again; retrying')
      await setTimeout(pause, undefined, { signal }).catch(() => {})
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
  }
  return
}

function reasonOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : String(error)
}

const POLL_MS = 20

/** Sent in turn. First: end all sessions and write a checkpoint. Second: end at once, and recover at the next start. */
const REQUESTS = [
  { signal: 'SIGINT', withinMs: 10_000 },
  { signal: 'SIGQUIT', withinMs: 10_000 },
] as const

/** Stops PostgreSQL if no other process uses the folder. */
async function stopUnlessUsed(folder: DataFolder, log: Logger): Promise<void> {
  // One process at a time: two that try for the users' lock at once could both fail, and leave PostgreSQL running.
  using _start = await fileLock(folder.startLock, 'exclusive')
  using alone = tryFileLock(folder.usersLock, 'exclusive')
  if (alone === undefined) return
  const postmaster = await readPostmaster(folder.cluster)
  if (postmaster === undefined) return
  for (const { signal, withinMs } of REQUESTS) {
    if ((await identify(postmaster.pid, folder.cluster)) !== 'ours') return
    process.kill(postmaster.pid, signal)
    if (await isGone(postmaster.pid, folder, withinMs)) return
    log.warn({ pid: postmaster.pid, signal, withinMs }, 'PostgreSQL did not stop when asked')
  }
}

async function isGone(pid: number, folder: DataFolder, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs
  for await (const _ of setInterval(POLL_MS)) {
    if ((await identify(pid, folder.cluster)) !== 'ours') return true
    if (performance.now() > deadline) return false
  }
  return false
}
