import { readdir, readFile } from 'node:fs/promises'
import { openClient } from '../support/postgres.ts'

/**
 * The bytes in memory of all processes of a PostgreSQL on this machine; what they share counts once. Reads /proc, so that
 * it throws where there is none, as on macOS.
 */
export async function postgresMemory(url: string): Promise<number> {
  await using client = await openClient(url)
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const postmaster = await parentOf(String(rows[0]?.pid))
  let kilobytes = await proportionalSize(String(postmaster))
  for (const name of await readdir('/proc')) {
    if (/^\d+$/.test(name) && (await parentOf(name)) === postmaster) {
      kilobytes += await proportionalSize(name)
    }
  }
  return kilobytes * 1024
}

async function parentOf(pid: string): Promise<number | undefined> {
  const parent = /^PPid:\s+(\d+)$/m.exec(await read(`/proc/${pid}/status`))?.[1]
  return parent === undefined ? undefined : Number(parent)
}

/** Kilobytes; 0 if the process has ended. */
async function proportionalSize(pid: string): Promise<number> {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(await read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0)
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
