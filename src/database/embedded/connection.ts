import type pg from 'pg'
import { Fault } from '../../fault.ts'
import { Client } from '../client.ts'
import { NAME, readPassword } from './cluster.ts'
import type { DataFolder } from './data-folder.ts'
import { isSameFolder } from './postmaster.ts'

const NO_SUCH_DATABASE = '3D000'
const WRONG_PASSWORD = '28P01'

export interface Connection extends AsyncDisposable {
  readonly client: pg.Client
  /** Settles when either side ends the connection. */
  readonly ended: Promise<void>
}

/** The superuser's address of the database, with the password; without TLS, which loopback does not need. */
export async function administratorUrl(folder: DataFolder, port: number): Promise<string> {
  const password = await readPassword(folder)
  return `postgres://${NAME}:${password}@127.0.0.1:${port}/${NAME}?sslmode=disable`
}

/** Connects to the PostgreSQL of the folder as the superuser. Refuses another PostgreSQL that listens on the port. */
export async function connect(
  folder: DataFolder,
  port: number,
  purpose: string,
): Promise<Connection> {
  const url = await administratorUrl(folder, port)
  const connection = await open(url, purpose).catch(async (error) => {
    if (codeOf(error) === WRONG_PASSWORD) throw notOurs(folder, port, error)
    if (codeOf(error) !== NO_SUCH_DATABASE) throw error
    await createDatabase(url)
    return open(url, purpose)
  })
  const { rows } = await connection.client.query<{ folder: string }>(
    "select current_setting('data_directory') as folder",
  )
  if (await isSameFolder(rows[0]?.folder ?? '', folder.cluster)) return connection
  await connection[Symbol.asyncDispose]()
  throw notOurs(folder, port)
}

/** Needed after the first start, or after one that was killed before this. */
async function createDatabase(url: string): Promise<void> {
  const administration = new URL(url)
  administration.pathname = '/postgres'
  await using connection = await open(administration.href, 'creates the database')
  await connection.client.query(`create database ${NAME}`)
}

async function open(url: string, purpose: string): Promise<Connection> {
  const client = new Client({
    connectionString: url,
    application_name: `heliograph ${purpose}`,
    // The owner of the database could set another search path, and make the superuser call its functions.
    options: '-c search_path=pg_catalog',
    keepAlive: true,
  })
  const ended = new Promise<void>((resolve) => client.once('end', resolve))
  const connection = { client, ended, [Symbol.asyncDispose]: () => client.end() }
  try {
    await client.connect()
    return connection
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
}

function notOurs(folder: DataFolder, port: number, cause?: unknown): Fault {
  return new Fault(
    'DATA_FOLDER_UNUSABLE',
    `Port ${port} is not answered by the PostgreSQL of ${folder.cluster}, or not with the password in ${folder.password}. If no PostgreSQL runs on this folder, delete ${folder.cluster}/postmaster.pid.`,
    { cause },
  )
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
