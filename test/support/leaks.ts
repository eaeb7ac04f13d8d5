import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What was told to end needs a moment, usually a short one. */
const FIRST_PAUSE_MS = 2
const PATIENCE_MS = 5000

/**
 * Looks repeatedly until nothing is found, or for some seconds. Returns what is still found then.
 */
export async function lasting(find: () => Promise<string[]>): Promise<string[]> {
  const deadline = performance.now() + PATIENCE_MS
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    const found = await find()
    if (found.length === 0 || performance.now() > deadline) return found
    await sleep(pause)
  }
}

/** Folders and files of tests that are still there. */
export async function foldersIn(parent: string, prefix = ''): Promise<string[]> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix))
  return names.map((name) => `folder ${join(parent, name)}`)
}

/** Processes whose working directory or arguments name the folder (on Linux). */
export async function processesIn(folder: string): Promise<string[]> {
  if (process.platform !== 'linux') return []
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const seen = await Promise.all(
    pids.map(async (pid) => {
      // Empty if the process has ended meanwhile, or belongs to another user.
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
      const command = (await read('cmdline')).replaceAll('\0', ' ').trim()
      const workingFolder = await readlink(`/proc/${pid}/cwd`).catch(() => '')
      const traces = [command, workingFolder, await read('environ')]
      const isOurs = traces.some((trace) => trace.includes(folder))
      // Vitest's own workers inherit the folder, and are about to end.
      return isOurs && !/vitest|esbuild/.test(command) ? `process ${pid}: ${command}` : ''
    }),
  )
  return seen.filter((leak) => leak !== '')
}

/** How many there are of what keeps this process alive: sockets, servers, timers, child processes, … */
export function countResources(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of process.getActiveResourcesInfo()) {
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

/** Those beyond the given number of each. */
export function resourcesBeyond(known: ReadonlyMap<string, number>): string[] {
  return [...countResources()]
    .filter(([name, count]) => count > (known.get(name) ?? 0))
    .map(([name, count]) => `${count - (known.get(name) ?? 0)} of ${name}`)
}
