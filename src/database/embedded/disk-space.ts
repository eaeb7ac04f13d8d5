import { randomBytes } from 'node:crypto'
import { rename, rm, stat, statfs, truncate, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setInterval } from 'node:timers/promises'
import type { Fault } from '../../fault.ts'
import type { Logger } from '../../log.ts'
import { storageFull, toDatabaseFault } from '../faults.ts'
import { type Connection, connect } from './connection.ts'
import { type DataFolder, giveToOwnerOf } from './data-folder.ts'

/** With less, writing is refused: two segments of the write-ahead log, for transactions under way. */
const LEAST_FREE_BYTES = 32 * 1024 * 1024
/** From here on writing is allowed again: with a distance, so that writing does not end it at once. */
const ENOUGH_FREE_BYTES = 64 * 1024 * 1024
const LOOK_EVERY_MS = 250

/** The disk of the data folder. */
export interface Disk {
  readonly freeBytes: number
  /** Whether writing is refused, so that the rest of the disk keeps reading possible. */
  readonly isFull: boolean
}

/**
 * Refuses writes before the disk is full, because a PostgreSQL that cannot extend its write-ahead log ends, and
 * cannot even start for reading. PostgreSQL itself refuses (`default_transaction_read_only`), so that this holds for
 * every client. Looks at the disk four times a second. The states:
 * - WRITABLE: there is room; the reserve is filled if it can be spared.
 * - FULL: less than 32 MB are free. Writing is refused, and transactions that write are cancelled. With 64 MB free it
 *   is WRITABLE again.
 */
export async function openDiskGuard(options: {
  folder: DataFolder
  port: number
  /** Shows whether an earlier guard left the database read-only. */
  first: Connection
  log: Logger
}): Promise<Disk & AsyncDisposable> {
  const { folder, port, first, log } = options
  let readOnly = await isReadOnly(first)
  let connection: Connection | undefined
  const disk = { freeBytes: 0, isFull: readOnly }

  const measure = async (): Promise<void> => {
    const { bavail, bsize } = await statfs(folder.root)
    disk.freeBytes = bavail * bsize
    const enough = disk.isFull ? ENOUGH_FREE_BYTES : LEAST_FREE_BYTES
    const isFull = disk.freeBytes < enough
    if (isFull === disk.isFull) return
    disk.isFull = isFull
    if (isFull) {
      log.warn(
        { freeBytes: disk.freeBytes, neededBytes: ENOUGH_FREE_BYTES },
        `The disk of ${folder.root} is almost full: make room; until then nothing is written, and reading goes on`,
      )
    } else log.info('There is room on the disk again; writing goes on')
  }

  const enforce = async (): Promise<void> => {
    if (!disk.isFull && !readOnly) return
    connection ??= await connect(folder, port, 'guards the disk')
    if (disk.isFull !== readOnly) {
      await setReadOnly(connection, disk.isFull)
      readOnly = disk.isFull
    }
    if (readOnly) await cancelWriters(connection)
    else await disconnect()
  }

  const disconnect = async (): Promise<void> => {
    const left = connection
    connection = undefined
    await left?.[Symbol.asyncDispose]()
  }

  const look = async (): Promise<void> => {
    try {
      await measure()
      await enforce()
      const canSpare = disk.freeBytes >= ENOUGH_FREE_BYTES + RESERVE_BYTES
      if (canSpare && !(await isReserveWhole(folder))) await fillReserve(folder)
    } catch (error) {
      // The setting needs room on the disk too.
      if (isDiskFull(error)) await releaseReserve(folder)
      await disconnect()
      log.debug({ err: error }, 'The disk could not be guarded; retrying')
    }
  }

  await look()
  const closing = new AbortController()
  const watching = lookAgainAndAgain(look, closing.signal)
  return Object.assign(disk, {
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await watching
      await disconnect()
    },
  })
}

async function lookAgainAndAgain(look: () => Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of setInterval(LOOK_EVERY_MS, undefined, { signal, ref: false }))
      await look()
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function isReadOnly({ client }: Connection): Promise<boolean> {
  const { rows } = await client.query('show default_transaction_read_only')
  return rows[0]?.default_transaction_read_only === 'on'
}

async function setReadOnly({ client }: Connection, readOnly: boolean): Promise<void> {
  await client.query(
    readOnly
      ? 'alter system set default_transaction_read_only = on'
      : 'alter system reset default_transaction_read_only',
  )
  await client.query('select pg_reload_conf()')
  // Frees segments of the write-ahead log that are no longer needed, and keeps some of them for later.
  if (readOnly) await client.query('checkpoint')
}

/** Cancels transactions that began before writing was refused. */
async function cancelWriters({ client }: Connection): Promise<void> {
  await client.query(`
    select pg_cancel_backend(pid) from pg_stat_activity
    where backend_xid is not null and backend_type = 'client backend'`)
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === DISK_FULL
}

const DISK_FULL = '53100'

const MB = 1024 * 1024
/** A segment of the write-ahead log, which PostgreSQL needs to end a recovery. */
const SEGMENT_BYTES = 16 * MB
/** One segment, and room for small files such as settings. */
const RESERVE_BYTES = SEGMENT_BYTES + MB

async function isReserveWhole({ reserve }: DataFolder): Promise<boolean> {
  return (await sizeOf(reserve)) === RESERVE_BYTES
}

/** Reserves disk space. Random bytes, because a file system may store zeros without using any. */
async function fillReserve({ reserve }: DataFolder): Promise<void> {
  const draft = `${reserve}.${process.pid}`
  try {
    await writeFile(draft, randomBytes(RESERVE_BYTES), { mode: 0o600 })
    giveToOwnerOf(dirname(reserve), draft)
    await rename(draft, reserve)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Frees the room for small files; called again, frees the rest. Returns whether there was any. */
export async function releaseReserve({ reserve }: DataFolder): Promise<boolean> {
  const size = await sizeOf(reserve)
  if (size === undefined) return false
  if (size > SEGMENT_BYTES) await truncate(reserve, SEGMENT_BYTES)
  else await rm(reserve, { force: true })
  return true
}

async function sizeOf(path: string): Promise<number | undefined> {
  return await stat(path).then(
    ({ size }) => size,
    () => undefined,
  )
}

/** STORAGE_FULL if the full disk is behind an error; undefined if not. */
export function asFullDisk(disk: Disk, error: unknown): Fault | undefined {
  const fault = disk.isFull ? toDatabaseFault(error) : undefined
  return fault !== undefined && isBehind(fault) ? storageFull(error) : undefined
}

/** Errors by which the guard stops writers, and those of a PostgreSQL that filled the disk before the guard saw it. */
function isBehind({ code, message, cause }: Fault): boolean {
  switch (code) {
    case 'DATABASE_FORBIDS':
      return hasSqlState(cause, '25006')
    case 'QUERY_TIMEOUT':
      return cause instanceof Error && /due to user request/.test(cause.message)
    case 'MIGRATION_FAILED':
      return /read-only transaction|due to user request/.test(message)
    default:
      return code === 'DATABASE_UNAVAILABLE'
  }
}

function hasSqlState(error: unknown, sqlState: string): boolean {
  return error instanceof Error && 'code' in error && error.code === sqlState
}
