import { statfs } from 'node:fs/promises'
import { setInterval } from 'node:timers/promises'
import type { Logger } from '../../log.ts'
import { type Connection, connect } from './connection.ts'
import type { DataFolder } from './data-folder.ts'
import { fillReserve, isReserveWhole, RESERVE_BYTES, releaseReserve } from './reserve.ts'

/** Below this nothing is written: two segments of the write-ahead log, for what is under way. */
const LEAST_FREE_BYTES = 32 * 1024 * 1024
/** From here on it is again: further up, so that what writing takes does not end it at once. */
const ENOUGH_FREE_BYTES = 64 * 1024 * 1024
const LOOK_EVERY_MS = 250

/** The disk of the data folder. */
export interface Disk {
  readonly freeBytes: number
  /** Whether the room is kept for reading: everything that writes is refused. */
  readonly isFull: boolean
}

/**
 * Refuses writes before the disk is full, because a PostgreSQL that cannot extend its write-ahead log ends, and
 * cannot even start for those who only read. It is PostgreSQL that refuses (`default_transaction_read_only`), so
 * that it holds for whoever writes; what is being written is cancelled. Both end by themselves when there is room.
 */
export async function openDiskGuard(options: {
  folder: DataFolder
  port: number
  /** Tells what an earlier guard left behind. */
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
      // The setting is written to the disk as well.
      if (isDiskFull(error)) await releaseReserve(folder)
      await disconnect()
      log.debug({ err: error }, 'The disk could not be guarded; trying again')
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
  // Lets go of the segments of the log that are done with, and keeps some of them for what is to come.
  if (readOnly) await client.query('checkpoint')
}

/** Transactions that began before they would have been refused. */
async function cancelWriters({ client }: Connection): Promise<void> {
  await client.query(`
    select pg_cancel_backend(pid) from pg_stat_activity
    where backend_xid is not null and backend_type = 'client backend'`)
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === DISK_FULL
}

const DISK_FULL = '53100'
