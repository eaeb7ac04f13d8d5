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
   * `postgres://…` with the password, of a role that owns the database and is no superuser; answers on 127.0.0.1 only.
   * The same for as long as this is open.
   */
  readonly url: string
  /** Whether it was running already: started by another process, or left behind by one that died. */
  readonly reused: boolean
  readonly disk: Disk
}

/**
 * Opens the database in the data folder, which is made where it is missing. One process may be the `server`,
 * a second is refused with DATA_FOLDER_IN_USE; guests (import, migrate, …) share what runs, or start it.
 * Whatever is killed, the next to open finds everything that was committed.
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

/** The address of the database that runs in the data folder, for psql; undefined where none answers. */
export async function runningEmbeddedUrl(dataDir: string): Promise<string | undefined> {
  const folder = dataFolder(resolve(dataDir))
  const postmaster = await readPostmaster(folder.cluster)
  if (postmaster?.port === undefined || !postmaster.ready) return
  if ((await identify(postmaster.pid, folder.cluster)) !== 'ours') return
  try {
    await using connection = await connect(folder, postmaster.port, 'asks for the address')
    // Where an older Heliograph started it, nobody has made the role.
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
 * Keeps PostgreSQL running: one connection of our own breaks when it dies, whatever the reason, and then it
 * is started again on the same port, so that pools find it by themselves. Tries for ever, ever more slowly.
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

/** undefined: closed meanwhile. */
async function startAgain(options: StartOptions): Promise<Connection | undefined> {
  const { log, signal } = options
  log.warn('PostgreSQL is gone; starting it again')
  const since = performance.now()
  let pause = FIRST_PAUSE_MS
  let told: unknown
  while (!signal.aborted) {
    try {
      const { connection } = await startPostgres(options)
      log.info({ ms: Math.round(performance.now() - since) }, 'PostgreSQL is back')
      return connection
    } catch (error) {
      if (signal.aborted) return
      // Once for each reason: it may take hours, and the log may be on the disk that is full.
      const level = reasonOf(error) === told ? 'debug' : 'error'
      told = reasonOf(error)
      log[level]({ err: error, pause }, 'PostgreSQL could not be started again; trying again')
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

/** Asked in turn: end all sessions and write a checkpoint; or just end, and recover at the next start. */
const REQUESTS = [
  { signal: 'SIGINT', withinMs: 10_000 },
  { signal: 'SIGQUIT', withinMs: 10_000 },
] as const

/** The last one out stops PostgreSQL; while others use the folder, it goes on for them. */
async function stopUnlessUsed(folder: DataFolder, log: Logger): Promise<void> {
  // One at a time: two that try for the users' lock at once could both be refused, and leave it running.
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
