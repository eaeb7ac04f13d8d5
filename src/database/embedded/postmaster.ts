import { execFile } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from '../../log.ts'
import type { DataFolder } from './data-folder.ts'

/** What PostgreSQL's main process writes to `postmaster.pid`. The file stays behind after a crash. */
export interface Postmaster {
  readonly pid: number
  /** undefined: not yet written. */
  readonly port: number | undefined
  readonly ready: boolean
}

/** undefined: PostgreSQL was shut down properly, or never ran. */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(whereAbsent(''))
  const [pid, , , port, , , , status = ''] = text.split('\n')
  const number = Math.abs(Number.parseInt(pid ?? '', 10))
  if (!(number > 0)) return
  return {
    pid: number,
    port: Number.parseInt(port ?? '', 10) || undefined,
    ready: status.trim() === 'ready',
  }
}

/**
 * What the process with this id is. The ids of a crashed PostgreSQL are reused, in containers even the same ones at
 * each start.
 * - `gone`: there is no such process
 * - `ours`: the main process of PostgreSQL on this cluster
 * - `foreign`: certainly something else, or a zombie
 * - `unclear`: it may be ours, so it must be left alone
 */
export async function identify(
  pid: number,
  cluster: string,
): Promise<'gone' | 'ours' | 'foreign' | 'unclear'> {
  if (!isAlive(pid)) return 'gone'
  const command = await commandLine(pid)
  if (command === undefined) return isAlive(pid) ? 'unclear' : 'gone'
  if (!isMainProcess(command)) return 'foreign'
  const folder = / -D (.+?)(?: -c |$)/.exec(command)?.[1]
  if (folder === undefined) return 'unclear'
  const same = await isSameFolder(folder, cluster)
  if (same === undefined) return 'unclear'
  return same ? 'ours' : 'foreign'
}

/** undefined: one of them does not exist or cannot be seen. */
export async function isSameFolder(one: string, other: string): Promise<boolean | undefined> {
  try {
    const [left, right] = await Promise.all([stat(one), stat(other)])
    return left.dev === right.dev && left.ino === right.ino
  } catch {
    return
  }
}

/** PostgreSQL's children call themselves "postgres: checkpointer"; a zombie has no command line. */
function isMainProcess(command: string): boolean {
  return /(^|\/)postgres( |$)/.test(command)
}

/** A process of another user does not count, as PostgreSQL itself decides: that user cannot own our cluster. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The words of the command, separated by spaces. undefined: this process may not see it. */
export async function commandLine(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()
    }
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', `${pid}`])
    return stdout.trim()
  } catch {
    return
  }
}

/** For `.catch`: the value if the file does not exist; any other error is thrown again. */
function whereAbsent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return value
    throw error
  }
}

/**
 * Kills the children of a killed PostgreSQL. They notice by themselves soon, except in the middle of a long
 * computation. Recovery undoes whatever they still change. They are recognised by their working directory, the
 * cluster's folder. On systems other than Linux, where it cannot be seen, they are left to end by themselves.
 */
export async function endOrphans(folder: DataFolder, log: Logger): Promise<void> {
  if (process.platform !== 'linux') return
  const found: { pid: number; command: string }[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)) {
    if (!(await isSameFolder(`/proc/${pid}/cwd`, folder.cluster))) continue
    found.push({ pid, command: (await commandLine(pid)) ?? '' })
  }
  // If the main process lives, they are no orphans: somebody deleted its postmaster.pid.
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
