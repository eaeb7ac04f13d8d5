import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres.ts'
import { createLogger } from '../../../src/log.ts'
import { query } from './postgres-process.ts'
import { spawnHolder } from './spawn-holder.ts'
import { temporaryFolder } from './temporary-folder.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })
const DAEMON = 1
const NOBODY = 65534
const NAMELESS = 4242

/** Where there is no `unshare`, as good as in a container that forbids user namespaces. */
const withoutNamespaces = { PATH: '/nonexistent' }

test.skipIf(!canDisguise())('root in a folder that no other user can enter', async () => {
  await using folder = await temporaryFolder()
  await chmod(folder.path, 0o700)
  const dataDir = join(folder.path, 'data')
  await using postgres = await openEmbeddedPostgres({ dataDir, role: 'server', log })
  expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }])
  expect((await stat(join(dataDir, 'postgres'))).uid).toBe(0)
})

test.skipIf(!canDisguise())(
  'root takes over data that belongs to a user who cannot enter the folder',
  async () => {
    await using folder = await temporaryFolder()
    const cluster = join(folder.path, 'postgres')
    {
      await using first = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
      await query(first.url, 'create table kept as select 42 as answer')
    }
    for (const entry of await readdir(cluster, { recursive: true })) {
      await chown(join(cluster, entry), 4242, 4242)
    }
    await chown(cluster, 4242, 4242)

    await using next = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect((await stat(join(cluster, 'global'))).uid).toBe(0)
  },
)

test.skipIf(!canBecomeDaemon())(
  'root where user namespaces are forbidden: another user runs PostgreSQL',
  async () => {
    await using folder = await temporaryFolder()
    await chmod(folder.path, 0o755)
    const dataDir = join(folder.path, 'data')
    await using holder = spawnHolder(dataDir, 'server', withoutNamespaces)
    const { url = '' } = (await holder.answer) ?? {}
    await query(url, 'create table kept as select 42 as answer')
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(DAEMON)
    expect((await stat(dataDir)).mode & 0o066).toBe(0)
    await holder.close()

    await using next = await openEmbeddedPostgres({ dataDir, role: 'server', log })
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(DAEMON)
  },
)

test.skipIf(!canBecomeDaemon())(
  'root in the folder of a user leaves everything to that user',
  async () => {
    await using folder = await temporaryFolder()
    await chmod(folder.path, 0o755)
    const dataDir = join(folder.path, 'data')
    await mkdir(dataDir, { mode: 0o700 })
    await chown(dataDir, NOBODY, NOBODY)

    await using postgres = await openEmbeddedPostgres({ dataDir, role: 'server', log })
    expect(await query(postgres.url, 'select 1 as one')).toEqual([{ one: 1 }])
    for (const entry of ['', ...(await readdir(dataDir, { recursive: true }))]) {
      expect((await stat(join(dataDir, entry))).uid, entry).toBe(NOBODY)
    }
  },
)

test.skipIf(!canBecomeDaemon()).for([true, false])(
  'a user without a name, as containers have them (user namespaces allowed: %s)',
  async (allowed) => {
    await using folder = await temporaryFolder()
    await chown(folder.path, NAMELESS, NAMELESS)
    const as = { uid: NAMELESS, gid: NAMELESS }
    const environment = allowed && canDisguise() ? {} : withoutNamespaces
    await using holder = spawnHolder(folder.path, 'server', environment, as)
    if (environment === withoutNamespaces) {
      expect(await holder.answer).toMatchObject({
        code: 'DATA_FOLDER_UNUSABLE',
        message: expect.stringMatching(/user 4242 .*\/etc\/passwd.*DATABASE_URL/),
      })
      return
    }
    const { url = '' } = (await holder.answer) ?? {}
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
  },
)

test.skipIf(!isRoot())('root where nothing works is told the cures', async () => {
  await using folder = await temporaryFolder()
  await chmod(folder.path, 0o700)
  await using holder = spawnHolder(join(folder.path, 'data'), 'server', withoutNamespaces)
  expect(await holder.answer).toMatchObject({
    code: 'DATA_FOLDER_UNUSABLE',
    message: expect.stringMatching(/ordinary user.*DATABASE_URL/),
  })
})

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function canDisguise(): boolean {
  return isRoot() && runs('unshare', ['--user', '--map-user=1', '--', 'true'])
}

function canBecomeDaemon(): boolean {
  return isRoot() && runs(process.execPath, ['--version'], DAEMON)
}

function runs(file: string, args: string[], uid?: number): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore', cwd: '/', ...(uid !== undefined && { uid }) })
    return true
  } catch {
    return false
  }
}
