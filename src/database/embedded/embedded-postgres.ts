import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Fault } from '../../fault.ts'
import type { Logger } from '../../log.ts'
import { connect } from './connection.ts'
import { dataFolder, prepareDataFolder } from './data-folder.ts'
import { type Disk, openDiskGuard } from './disk-guard.ts'
import { ensurePostgres } from './ensure-postgres.ts'
import { fileLock } from './file-lock.ts'
import { identify, readPostmaster } from './postmaster.ts'
import { lockServer, SERVER_PURPOSE } from './server-lock.ts'
import { keepLogBounded } from './server-log.ts'
import { prepareServerRole, serverUrl } from './server-role.ts'
import { stopUnlessUsed } from './stop-postgres.ts'
import { watchPostgres } from './watch-postgres.ts'

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
  const first = await ensurePostgres({ folder, role, purpose, log, signal })
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
