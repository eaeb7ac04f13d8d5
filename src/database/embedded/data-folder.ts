import { chownSync, existsSync, statSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault } from '../../fault.ts'

/** Where the files of an embedded database are; absolute paths. */
export interface DataFolder {
  readonly root: string
  /** PostgreSQL's own folder. One rename makes it appear, complete. */
  readonly cluster: string
  /** Of the superuser. Inside the cluster, so that the two always belong together. */
  readonly password: string
  /** Of the role that servers and commands connect as. */
  readonly serverPassword: string
  readonly log: string
  /** A file that reserves disk space, in which PostgreSQL can recover when the disk is full. */
  readonly reserve: string
  readonly locks: string
  /** Held while the cluster is created, started or stopped. */
  readonly startLock: string
  /** Held by the one server, for as long as it lives. */
  readonly serverLock: string
  /** Shared by all processes that use the database; a process that gets it exclusively is the last. */
  readonly usersLock: string
}

export function dataFolder(root: string): DataFolder {
  const cluster = join(root, 'postgres')
  const locks = join(root, 'locks')
  return {
    root,
    cluster,
    password: join(cluster, 'heliograph.password'),
    serverPassword: join(cluster, 'heliograph_server.password'),
    log: join(root, 'postgres.log'),
    reserve: join(root, 'reserve'),
    locks,
    startLock: join(locks, 'start'),
    serverLock: join(locks, 'server'),
    usersLock: join(locks, 'users'),
  }
}

/** Makes the folder if it is missing, closed to other users. */
export async function prepareDataFolder(folder: DataFolder): Promise<void> {
  try {
    await makeFolder(folder.root)
    await makeFolder(folder.locks)
    giveToOwnerOf(folder.root, folder.locks)
  } catch (error) {
    throw folderFault(folder, error)
  }
}

/** With its parents. Node's `recursive` retries for ever if a parent refuses with ENOENT, as /proc does. */
async function makeFolder(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return
  if (!existsSync(dirname(path))) await makeFolder(dirname(path))
  await mkdir(path, { mode: 0o700 }).catch((error) => {
    // Another process came first.
    if (error.code !== 'EEXIST' || !statSync(path).isDirectory()) throw error
  })
}

/** As the system, Node and PostgreSQL report a full disk. */
export const DISK_FULL = /ENOSPC|EDQUOT|No space left|Disk quota exceeded/

/** What an error of the file system means for the data folder, with the cure. */
export function folderFault(folder: DataFolder, error: unknown): Fault {
  if (error instanceof Fault) return error
  const said = error instanceof Error ? error.message : String(error)
  if (DISK_FULL.test(said)) {
    return new Fault(
      'STORAGE_FULL',
      `The disk of ${folder.root} is full: ${said}. Free some space; nothing is lost. A server that runs goes on by itself then, otherwise start again.`,
      { cause: error },
    )
  }
  return new Fault(
    'DATA_FOLDER_UNUSABLE',
    `The data folder ${folder.root} cannot be used: ${said}. Expected a folder that this user can write; correct its rights, or set HELIOGRAPH_DATA_DIR to another.`,
    { cause: error },
  )
}

/** Gives what root makes in another user's folder to that user: otherwise a start with sudo would lock the user out. */
export function giveToOwnerOf(folder: string, path: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(folder)
  if (uid !== 0) chownSync(path, uid, gid)
}
