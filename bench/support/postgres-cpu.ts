import { readdir, readFile } from 'node:fs/promises'
import { openClient } from './postgres.ts'

/** Linux counts CPU in hundredths of a second. */
const TICK_MS = 10

/**
 * Tells the milliseconds of CPU, in itself and in the kernel, that all processes of a PostgreSQL on this machine have used,
 * those that have ended included. Reads /proc, so that it throws where there is none, as on macOS.
 */
export async function openPostgresCpu(url: string): Promise<() => Promise<number>> {
  await using client = await openClient(url)
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const backend = await readTimes(rows[0]?.pid ?? 0)
  if (backend === undefined) throw new Error('Expected PostgreSQL on this machine, under /proc')
  const postmaster = backend.parent
  return async () => {
    let ticks = (await readTimes(postmaster))?.ended ?? 0
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const times = await readTimes(Number(name))
      if (times?.parent === postmaster) ticks += times.own
    }
    return ticks * TICK_MS
  }
}

/** In ticks; `ended` is of its children that are no more. undefined: there is no such process any more. */
async function readTimes(
  pid: number,
): Promise<{ parent: number; own: number; ended: number } | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field is a name in brackets, which may hold spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const sum = (at: number) => Number(fields[at]) + Number(fields[at + 1])
    return { parent: Number(fields[1]), own: sum(11), ended: sum(13) }
  } catch {
    return undefined
  }
}
