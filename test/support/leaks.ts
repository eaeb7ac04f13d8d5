import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that has been told to end takes a moment. */
const ATTEMPTS = 30
const RETRY_MS = 100

/** What of the tests is still there: folders of ours, and processes that work in the run's folder (on Linux). */
export async function findLeaks(runFolder: string): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const folders = (await readdir(runFolder)).filter((name) => name.startsWith('heliograph'))
    const leaks = [
      ...folders.map((name) => `folder ${join(runFolder, name)}`),
      ...(await processesIn(runFolder)),
    ]
    if (leaks.length === 0 || attempt === ATTEMPTS) return leaks
    await sleep(RETRY_MS)
  }
}

async function processesIn(runFolder: string): Promise<string[]> {
  if (process.platform !== 'linux') return []
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const seen = await Promise.all(
    pids.map(async (pid) => {
      // Empty where the process has ended meanwhile, or is somebody else's.
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
      const command = (await read('cmdline')).replaceAll('\0', ' ').trim()
      const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '')
      const traces = [command, folder, await read('environ')]
      const isOurs = traces.some((trace) => trace.includes(runFolder))
      // Vitest's own workers inherit the folder, and are on their way out.
      return isOurs && !/vitest|esbuild/.test(command) ? `process ${pid}: ${command}` : ''
    }),
  )
  return seen.filter((leak) => leak !== '')
}
