import { readdir } from 'node:fs/promises'
import type { Logger } from '../../log.ts'
import type { DataFolder } from './data-folder.ts'
import { commandLine, isMainProcess, isSameFolder } from './postmaster.ts'

/**
 * Ends what a killed PostgreSQL left: its children notice soon, except one in the middle of a long
 * computation. They can change nothing any more that recovery would not undo. Each works in the cluster's
 * folder; where that cannot be seen (not Linux), they are left to end by themselves.
 */
export async function endOrphans(folder: DataFolder, log: Logger): Promise<void> {
  if (process.platform !== 'linux') return
  const found: { pid: number; command: string }[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)) {
    if (!(await isSameFolder(`/proc/${pid}/cwd`, folder.cluster))) continue
    found.push({ pid, command: (await commandLine(pid)) ?? '' })
  }
  // With a main process they are no orphans: somebody deleted its postmaster.pid.
  if (found.some(({ command }) => isMainProcess(command))) return
  for (const { pid, command } of found.filter(({ command }) => command.startsWith('postgres:'))) {
    log.warn({ pid, command }, 'Ending a process that an earlier PostgreSQL left behind')
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      log.warn({ pid, err: error }, 'It could not be ended')
    }
  }
}
