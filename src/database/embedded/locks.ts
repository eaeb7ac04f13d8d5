import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setInterval, setTimeout } from 'node:timers/promises'
import { Fault } from '../../fault.ts'
import { connect } from './connection.ts'
import { type DataFolder, giveToOwnerOf } from './data-folder.ts'
import { readPostmaster } from './postmaster.ts'

const SQLITE_BUSY = 5
const RETRY_MS = 20

/**
 * Takes a lock on a file between processes; undefined if others hold it. The kernel drops it when the process ends,
 * however it ends, so there are no stale locks.
 *
 * Node has no `flock`, but the SQLite inside it locks files the same way on Linux and macOS: the file is an
 * empty database, never written. Do not open it by other means: closing any handle would drop the lock.
 */
export function tryFileLock(path: string, mode: 'shared' | 'exclusive'): Disposable | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    giveToOwnerOf(dirname(path), path)
    // SQLite would accept a file that it can only read, and lock nothing.
    accessSync(path, constants.W_OK)
    // Otherwise SQLite creates a journal, for which a full disk has no room.
    database.exec('pragma journal_mode = memory')
    database.exec(
      mode === 'shared' ? 'begin; select count(*) from sqlite_schema' : 'begin exclusive',
    )
  } catch (error) {
    database?.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return
    throw new Fault(
      'DATA_FOLDER_UNUSABLE',
      `Cannot lock ${path}: expected a writable folder on a local disk. Set HELIOGRAPH_DATA_DIR to one.`,
      { cause: error },
    )
  }
  const held = database
  return { [Symbol.dispose]: () => held.close() }
}

/** Takes a lock; waits while others hold it. */
export async function fileLock(
  path: string,
  mode: 'shared' | 'exclusive',
  signal?: AbortSignal,
): Promise<Disposable> {
  const first = tryFileLock(path, mode)
  if (first !== undefined) return first
  for await (const _ of setInterval(RETRY_MS, undefined, signal && { signal })) {
    const lock = tryFileLock(path, mode)
    if (lock !== undefined) return lock
  }
  throw new Error(`Waiting for ${path} ended without the lock`)
}

/** Several, because guests take the lock for a moment to see whether it is free. */
const ATTEMPTS = 10
const SERVER_RETRY_MS = 30

/** Shown in pg_stat_activity, so that a second server can say which process holds the folder. */
export const SERVER_PURPOSE = 'server, process'

/** Makes this process the one server of the folder, or refuses. */
export async function lockServer(folder: DataFolder): Promise<Disposable> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const lock = tryFileLock(folder.serverLock, 'exclusive')
    if (lock !== undefined) return lock
    await setTimeout(SERVER_RETRY_MS)
  }
  const pid = await serverProcess(folder)
  const other = pid === undefined ? 'Another server' : `Another server (process ${pid})`
  throw new Fault(
    'DATA_FOLDER_IN_USE',
    `${other} uses the data folder ${folder.root}, and only one can. Stop it, or set HELIOGRAPH_DATA_DIR to another folder.`,
  )
}

/** The server's process id, for the message; undefined if PostgreSQL does not answer. */
async function serverProcess(folder: DataFolder): Promise<number | undefined> {
  try {
    const { port } = (await readPostmaster(folder.cluster)) ?? {}
    if (port === undefined) return
    await using connection = await connect(folder, port, 'asks who is the server')
    const { rows } = await connection.client.query<{ pid: number }>(
      `select substring(application_name from 'heliograph ${SERVER_PURPOSE} (\\d+)')::int as pid
       from pg_stat_activity where application_name like 'heliograph ${SERVER_PURPOSE} %'`,
    )
    return rows[0]?.pid
  } catch {
    return
  }
}
