import { constants, copyFile, open, readFile, stat, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { giveToOwnerOf } from './data-folder.ts'

const LARGEST_BYTES = 4 * 1024 * 1024
const CHECK_MS = 60_000

/**
 * Keeps PostgreSQL's log to one file of a few megabytes and the one before it (`.1`). PostgreSQL holds the file open
 * for appending and outlives this process, so the file is copied and truncated, not renamed.
 */
async function boundLog(path: string): Promise<void> {
  const size = await stat(path).then(
    (file) => file.size,
    () => 0,
  )
  if (size < LARGEST_BYTES) return
  await copyFile(path, `${path}.1`, constants.COPYFILE_FICLONE)
  await truncate(path)
}

/** Bounds the log once a minute, without keeping the process alive. */
export function keepLogBounded(path: string, onError: (error: unknown) => void): Disposable {
  const timer = setInterval(() => boundLog(path).catch(onError), CHECK_MS).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** The log from this byte on, at most its last 4000 characters. */
export async function readLogSince(path: string, offset: number): Promise<string> {
  const text = await readFile(path)
  return text.subarray(offset).toString('utf8').slice(-4000).trim()
}

/** Opens the log for a program to append to, and returns the offset at which its lines will begin. */
export async function openLog(
  path: string,
): Promise<{ fd: number; offset: number } & AsyncDisposable> {
  await boundLog(path)
  const handle = await open(path, 'a', 0o600)
  giveToOwnerOf(dirname(path), path)
  const { size } = await handle.stat()
  return { fd: handle.fd, offset: size, [Symbol.asyncDispose]: () => handle.close() }
}
