import { randomBytes } from 'node:crypto'
import { rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DataFolder } from './data-folder.ts'
import { giveToOwnerOf } from './ownership.ts'

const MB = 1024 * 1024
/** A segment of the write-ahead log, which PostgreSQL needs to end a recovery. */
const SEGMENT_BYTES = 16 * MB
/** And something for small files, such as its settings. */
export const RESERVE_BYTES = SEGMENT_BYTES + MB

export async function isReserveWhole({ reserve }: DataFolder): Promise<boolean> {
  return (await sizeOf(reserve)) === RESERVE_BYTES
}

/** Takes room on the disk while there is some. Random bytes, because a file system may keep zeros in no room. */
export async function fillReserve({ reserve }: DataFolder): Promise<void> {
  const draft = `${reserve}.${process.pid}`
  try {
    await writeFile(draft, randomBytes(RESERVE_BYTES), { mode: 0o600 })
    giveToOwnerOf(dirname(reserve), draft)
    await rename(draft, reserve)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Gives PostgreSQL the room for small files, and asked again the rest. Whether there was any. */
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
