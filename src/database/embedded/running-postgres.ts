import { setInterval } from 'node:timers/promises'
import { Fault } from '../../fault.ts'
import type { Logger } from '../../log.ts'
import { type Connection, connect } from './connection.ts'
import type { DataFolder } from './data-folder.ts'
import { identify, readPostmaster } from './postmaster.ts'

const POLL_MS = 25
const REPORT_EVERY_MS = 5000
/** For a PostgreSQL that says it is ready, and yet refuses. */
const ANSWER_WITHIN_MS = 20_000

/**
 * Connects to the PostgreSQL that runs on the folder, started by whomever; waits while it recovers from a
 * crash or is just stopping. undefined: none runs.
 */
export async function connectToRunning(
  folder: DataFolder,
  options: { purpose: string; log: Logger; signal: AbortSignal },
): Promise<{ connection: Connection; port: number } | undefined> {
  const { purpose, log, signal } = options
  let readySince: number | undefined
  let reported = performance.now()
  for await (const _ of setInterval(POLL_MS, undefined, { signal })) {
    const postmaster = await readPostmaster(folder.cluster)
    if (postmaster === undefined) return
    const { pid, port, ready } = postmaster
    const whose = await identify(pid, folder.cluster)
    if (whose === 'gone' || whose === 'foreign') return
    if (ready && port !== undefined) {
      readySince ??= performance.now()
      try {
        return { connection: await connect(folder, port, purpose), port }
      } catch (error) {
        if (error instanceof Fault) throw error
        if (performance.now() - readySince > ANSWER_WITHIN_MS) throw silent(folder, pid, error)
      }
    } else if (performance.now() - reported > REPORT_EVERY_MS) {
      reported = performance.now()
      log.info({ pid }, 'Waiting for PostgreSQL, which is starting, recovering or stopping')
    }
  }
  throw signal.reason
}

function silent(folder: DataFolder, pid: number, cause: unknown): Fault {
  return new Fault(
    'DATABASE_UNAVAILABLE',
    `Process ${pid} is PostgreSQL on ${folder.cluster} according to its postmaster.pid, but does not answer. End that process; if it is another program, delete postmaster.pid.`,
    { cause },
  )
}
