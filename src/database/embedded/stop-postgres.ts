import { setInterval } from 'node:timers/promises'
import type { Logger } from '../../log.ts'
import type { DataFolder } from './data-folder.ts'
import { fileLock, tryFileLock } from './file-lock.ts'
import { identify, readPostmaster } from './postmaster.ts'

const POLL_MS = 20

/** Asked in turn: end all sessions and write a checkpoint; or just end, and recover at the next start. */
const REQUESTS = [
  { signal: 'SIGINT', withinMs: 10_000 },
  { signal: 'SIGQUIT', withinMs: 10_000 },
] as const

/** The last one out stops PostgreSQL; while others use the folder, it goes on for them. */
export async function stopUnlessUsed(folder: DataFolder, log: Logger): Promise<void> {
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
