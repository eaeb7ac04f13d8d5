import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Child, startChild } from '../support/child.ts'
import { note } from '../support/note.ts'
import { type BenchDatabase, query } from '../support/postgres.ts'
import { SERVER_CORE } from './load.ts'

const folder = resolve(import.meta.dirname, '../peer')

/**
 * Mercurius on a copy of the readings in a table of its own, with as many connections as Heliograph has. It wants
 * graphql 16, so it has packages of its own, which are installed when it is started for the first time.
 */
export async function startPeer(database: BenchDatabase): Promise<Child> {
  await install()
  note('peer: copying the readings')
  await query(database.url, 'create schema peer')
  await query(database.url, 'create table peer.telemetry (like solark.telemetry including all)')
  await query(database.url, 'insert into peer.telemetry select * from solark.telemetry')
  await query(database.url, 'vacuum analyze peer.telemetry')
  return await startChild(
    '../peer/server.js',
    [],
    { DATABASE_URL: database.url, DATABASE_POOL_SIZE: '10' },
    SERVER_CORE,
  )
}

/** Does nothing if what the lock file says is installed. */
async function install(): Promise<void> {
  const changedAt = async (file: string) =>
    (await stat(resolve(folder, file)).catch(() => undefined))?.mtimeMs ?? 0
  const installedAt = await changedAt('node_modules/.package-lock.json')
  if (installedAt >= (await changedAt('package-lock.json'))) return
  note('peer: installing Mercurius')
  await promisify(execFile)('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit'])
}
