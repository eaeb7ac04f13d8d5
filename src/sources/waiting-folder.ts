import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { tryFileLock } from '../database/embedded/locks.ts'

/** The folder of a server for readings that wait, which no other server uses until it is disposed. */
export interface WaitingFolder extends Disposable {
  readonly path: string
}

/**
 * Opens a folder below the data folder: `waiting` or, if other servers use the same data folder, `waiting-2` and so on.
 * Takes over what servers have left there that run no more.
 * Throws `DATA_FOLDER_UNUSABLE` if the file system cannot lock files.
 */
export async function openWaitingFolder(dataDir: string): Promise<WaitingFolder> {
  for (let number = 1; ; number++) {
    const path = join(dataDir, number === 1 ? 'waiting' : `waiting-${number}`)
    await mkdir(path, { recursive: true, mode: 0o700 })
    const lock = lockFolder(path)
    if (lock === undefined) continue
    using opening = new DisposableStack()
    opening.use(lock)
    await takeOver(dataDir, path)
    const opened = opening.move()
    return { path, [Symbol.dispose]: () => opened.dispose() }
  }
}

function lockFolder(path: string): Disposable | undefined {
  return tryFileLock(join(path, 'lock'), 'exclusive')
}

async function takeOver(dataDir: string, own: string): Promise<void> {
  const entries = await readdir(dataDir)
  const folders = entries.filter((name) => /^waiting(-\d+)?$/.test(name))
  for (const folder of folders.map((name) => join(dataDir, name))) {
    if (folder === own) continue
    using lock = lockFolder(folder)
    if (lock === undefined) continue
    const files = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'))
    for (const file of files) await moveLines(join(folder, file), join(own, file))
  }
}

/** What was moved before a crash is moved again: readings that are stored twice change nothing. */
async function moveLines(from: string, to: string): Promise<void> {
  const text = await readFile(from, 'utf8')
  const file = await open(to, 'a', 0o600)
  try {
    // The last line there may be cut off.
    await file.appendFile(`\n${text}`)
    await file.datasync()
  } finally {
    await file.close()
  }
  await rm(from)
}
