import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { commandLine, identify } from '../../../src/database/embedded/postmaster.ts'

/** The main process of the PostgreSQL that runs in a data folder; undefined where none runs. */
export async function postgresPid(dataDir: string): Promise<number | undefined> {
  const cluster = join(dataDir, 'postgres')
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return pid > 0 && (await identify(pid, cluster)) === 'ours' ? pid : undefined
}

/** Kills the main process with no chance to say goodbye, and returns its number. */
export async function killPostgres(dataDir: string): Promise<number> {
  const pid = await postgresPid(dataDir)
  if (pid === undefined) throw new Error(`No PostgreSQL runs in ${dataDir}`)
  process.kill(pid, 'SIGKILL')
  return pid
}

/** An ended process whose parent has not collected it has no command line any more. */
export async function isRunning(pid: number | undefined): Promise<boolean> {
  return pid !== undefined && Boolean(await commandLine(pid))
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
