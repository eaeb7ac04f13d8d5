import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  lchown,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { Fault } from '../../fault.ts'
import { type DataFolder, folderFault } from './data-folder.ts'
import {
  type Account,
  type Binaries,
  type Command,
  canDisguise,
  cleanEnvironment,
  disguisedCommand,
  SYNC_METHOD,
} from './programs.ts'

/**
 * The name of the database, and of the superuser, which only starts it, guards its disk and makes the server's role.
 */
export const NAME = 'heliograph'

const UNFINISHED = 'postgres.new-'

/**
 * Creates the cluster if there is none. It is built beside its place and renamed when it is complete and on disk: an
 * unfinished one is never taken for data, and only what never held data is removed. The caller must hold the start
 * lock.
 */
export async function createCluster(
  folder: DataFolder,
  binaries: Binaries,
  account: Account,
): Promise<void> {
  try {
    await removeUnfinished(folder)
    if (!(await isEmptyOrAbsent(folder.cluster))) return
    const unfinished = join(folder.root, `${UNFINISHED}${randomBytes(4).toString('hex')}`)
    const passwordFile = join(unfinished, 'password')
    const cluster = join(unfinished, 'cluster')
    await mkdir(unfinished, { mode: 0o700 })
    await writeFile(passwordFile, randomBytes(24).toString('base64url'), {
      mode: 0o600,
      flush: true,
    })
    await lchown(passwordFile, account.uid, account.gid)
    await lchown(unfinished, account.uid, account.gid)
    await initdb(binaries, account, cluster, passwordFile)
    await rename(passwordFile, join(cluster, basename(folder.password)))
    await sync(cluster)
    await rename(cluster, folder.cluster)
    await sync(folder.root)
    await rm(unfinished, { recursive: true })
  } catch (error) {
    await removeUnfinished(folder).catch(() => {})
    throw folderFault(folder, error)
  }
}

/** Refuses data of another major version, and changes nothing in it. */
export async function checkVersion(folder: DataFolder, binaries: Binaries): Promise<void> {
  const version = await readFile(join(folder.cluster, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (version?.trim() === `${binaries.major}`) return
  const found = version === undefined ? 'no PG_VERSION' : `PostgreSQL ${version.trim()}`
  throw new Fault(
    'DATA_FOLDER_UNUSABLE',
    `${folder.cluster}: expected the data of PostgreSQL ${binaries.major}, found ${found}. Nothing was changed. Set HELIOGRAPH_DATA_DIR to another folder, or export with the version that made it and import again.`,
  )
}

export async function readPassword(folder: DataFolder): Promise<string> {
  try {
    return (await readFile(folder.password, 'utf8')).trim()
  } catch (error) {
    throw folderFault(folder, error)
  }
}

/** Makes the account the owner of the cluster. PostgreSQL must not be running. */
export async function handOver(cluster: string, account: Account): Promise<void> {
  const { uid } = await stat(cluster)
  if (uid === account.uid) return
  const entries = await readdir(cluster, { recursive: true })
  for (const entry of entries) await lchown(join(cluster, entry), account.uid, account.gid)
  // Last, so that a crash half-way is seen the next time.
  await lchown(cluster, account.uid, account.gid)
}

async function initdb(
  binaries: Binaries,
  account: Account,
  cluster: string,
  passwordFile: string,
): Promise<void> {
  const args = [
    `--pgdata=${cluster}`,
    `--username=${NAME}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    `--sync-method=${SYNC_METHOD}`,
    '--no-instructions',
  ]
  const said = await failureOf(account.command(binaries.initdb, args))
  if (said === undefined) return
  if (!NAMELESS.test(said)) throw new Error(`initdb failed: ${said}`)
  if (!(await canDisguise())) throw nameless(account.uid)
  const saidAgain = await failureOf(disguisedCommand(binaries.initdb, args))
  if (saidAgain !== undefined) throw new Error(`initdb failed: ${saidAgain}`)
}

/**
 * What initdb says to a user without a name, such as containers start programs with; PostgreSQL itself accepts them.
 */
const NAMELESS = /could not look up effective user ID/

function nameless(uid: number): Fault {
  return new Fault(
    'DATA_FOLDER_UNUSABLE',
    `PostgreSQL's initdb needs a name for the user ${uid} that this runs as, and this machine has none. Add a line for ${uid} to /etc/passwd, run as a user that has a name, or set DATABASE_URL to a PostgreSQL of your own.`,
  )
}

/** What the program wrote to standard error if it failed; undefined if it succeeded. */
async function failureOf({ file, args, as }: Command): Promise<string | undefined> {
  try {
    await promisify(execFile)(file, args, { ...as, cwd: '/', env: cleanEnvironment })
    return undefined
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    return said === '' ? String(error) : said
  }
}

/** Removes what a process left that was killed while it created the cluster. */
async function removeUnfinished(folder: DataFolder): Promise<void> {
  for (const entry of await readdir(folder.root)) {
    if (!entry.startsWith(UNFINISHED)) continue
    await rm(join(folder.root, entry), { recursive: true, force: true, maxRetries: 5 })
  }
}

async function isEmptyOrAbsent(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true
    throw error
  }
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path)
  await handle.sync()
}
