import { setTimeout } from 'node:timers/promises'
import { Fault } from '../../fault.ts'
import { connect } from './connection.ts'
import type { DataFolder } from './data-folder.ts'
import { tryFileLock } from './file-lock.ts'
import { readPostmaster } from './postmaster.ts'

/** Guests take the lock for a moment to see whether it is free. */
const ATTEMPTS = 10
const RETRY_MS = 30

/** Named in pg_stat_activity, so that a second server can say who holds the folder. */
export const SERVER_PURPOSE = 'server, process'

/** Makes this process the one server of the folder, or refuses. */
export async function lockServer(folder: DataFolder): Promise<Disposable> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const lock = tryFileLock(folder.serverLock, 'exclusive')
    if (lock !== undefined) return lock
    await setTimeout(RETRY_MS)
  }
  const pid = await serverProcess(folder)
  const other = pid === undefined ? 'Another server' : `Another server (process ${pid})`
  throw new Fault(
    'DATA_FOLDER_IN_USE',
    `${other} uses the data folder ${folder.root}, and only one can. Stop it, or set HELIOGRAPH_DATA_DIR to another folder.`,
  )
}

/** undefined: PostgreSQL does not answer; the refusal stands without the number. */
async function serverProcess(folder: DataFolder): Promise<number | undefined> {
  try {
    const { port } = (await readPostmaster(folder.cluster)) ?? {}
    if (port === undefined) return
    await using connection = await connect(folder, port, 'asks who is the server')
    const { rows } = await connection.client.query<{ pid: number }>(
      `select substring(application_name from 'heliograph ${SERVER_PURPOSE} (\\d+)')::int as pid
       from pg_stat_activity where application_name like 'heliograph ${SERVER_PURPOSE} %'`,
    )
    return rows[0]?.pid
  } catch {
    return
  }
}
