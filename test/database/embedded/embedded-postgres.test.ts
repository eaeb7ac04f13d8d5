import { once } from 'node:events'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { dataFolder } from '../../../src/database/embedded/data-folder.ts'
import {
  type EmbeddedPostgres,
  openEmbeddedPostgres,
  runningEmbeddedUrl,
} from '../../../src/database/embedded/embedded-postgres.ts'
import { fileLock } from '../../../src/database/embedded/locks.ts'
import { createLogger } from '../../../src/log.ts'
import { isRunning, postgresPid, query } from './postgres-process.ts'
import { spawnHolder } from './spawn-holder.ts'
import { temporaryFolder } from './temporary-folder.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })

test('a fresh folder becomes a database with safe and portable settings', async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, 'with a space', 'data')
  await using postgres = await openEmbeddedPostgres({ dataDir, role: 'server', log })

  expect(postgres.reused).toBe(false)
  expect(new URL(postgres.url).hostname).toBe('127.0.0.1')
  const [settings] = await query(
    postgres.url,
    `select current_database() as database, current_setting('fsync') as fsync,
       current_setting('server_encoding') as encoding, current_setting('timezone') as zone,
       current_setting('listen_addresses') as addresses, datlocprovider as provider, datlocale as locale
     from pg_database where datname = current_database()`,
  )
  expect(settings).toEqual({
    database: 'heliograph',
    fsync: 'on',
    encoding: 'UTF8',
    zone: 'UTC',
    addresses: '127.0.0.1',
    provider: 'b',
    locale: 'C.UTF-8',
  })
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
  const withoutPassword = new URL(postgres.url)
  withoutPassword.password = 'guess'
  await expect(query(withoutPassword.href, 'select')).rejects.toThrow('password authentication')
})

test('closing stops PostgreSQL, and the next start finds the data', async () => {
  await using folder = await temporaryFolder()
  const dataDir = folder.path
  let pid: number | undefined
  {
    await using postgres = await openEmbeddedPostgres({ dataDir, role: 'server', log })
    await query(postgres.url, 'create table kept as select 42 as answer')
    pid = await postgresPid(dataDir)
    expect(await runningEmbeddedUrl(dataDir)).toBe(postgres.url)
  }
  expect(await isRunning(pid)).toBe(false)
  expect(await runningEmbeddedUrl(dataDir)).toBeUndefined()

  await using again = await openEmbeddedPostgres({ dataDir, role: 'guest', log })
  expect(await query(again.url, 'select answer from kept')).toEqual([{ answer: 42 }])
})

test('a server and guests in other processes share one PostgreSQL, and the last one out stops it', async () => {
  await using folder = await temporaryFolder()
  await using first = spawnHolder(folder.path, 'guest')
  const { url } = (await first.answer) ?? {}
  const pid = await postgresPid(folder.path)
  await using server = spawnHolder(folder.path, 'server')
  await using second = spawnHolder(folder.path, 'guest')
  expect(await server.answer).toEqual({ url, reused: true })
  expect(await second.answer).toEqual({ url, reused: true })

  await first.close()
  await server.close()
  expect(await isRunning(pid)).toBe(true)
  await second.close()
  expect(await isRunning(pid)).toBe(false)
})

test('a guest never starts PostgreSQL where a server lives, since that may run where the guest cannot see it', async () => {
  await using folder = await temporaryFolder()
  const { locks, serverLock } = dataFolder(folder.path)
  await mkdir(locks)
  const lines = new PassThrough()
  const tried = once(lines, 'data')
  let guest: Promise<EmbeddedPostgres>
  {
    using _server = await fileLock(serverLock, 'exclusive')
    const telling = pino({ level: 'debug' }, lines)
    guest = openEmbeddedPostgres({ dataDir: folder.path, role: 'guest', log: telling })
    expect(String(await tried)).toContain('served')
    expect(await readdir(folder.path)).toEqual(['locks'])
  }
  await using postgres = await guest
  expect(postgres.reused).toBe(false)
})

test('variables of the environment for other databases do not matter', async () => {
  await using folder = await temporaryFolder()
  await using holder = spawnHolder(folder.path, 'server', {
    PGSSLMODE: 'require',
    PGHOST: 'elsewhere.invalid',
    PGDATA: '/nowhere',
    PGPORT: '1',
    PGPASSWORD: 'wrong',
    LC_ALL: 'tlh_QO.UTF-8',
    TZ: 'Asia/Tokyo',
  })
  const { url = '' } = (await holder.answer) ?? {}
  expect(await query(url, 'show timezone')).toEqual([{ TimeZone: 'UTC' }])
})

test('a second server is refused, told who is there, and leaves the first alone', async () => {
  await using folder = await temporaryFolder()
  await using first = spawnHolder(folder.path, 'server')
  const { url } = (await first.answer) ?? {}

  const second = openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
  await expect(second).rejects.toMatchObject({
    code: 'DATA_FOLDER_IN_USE',
    message: expect.stringMatching(new RegExp(`process ${first.pid}\\b.*${folder.path}`)),
  })
  expect(await query(url ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
})

test('of eight processes that open a fresh folder at once, one makes the database and all share it', async () => {
  await using folder = await temporaryFolder()
  await using holders = new AsyncDisposableStack()
  const all = Array.from({ length: 8 }, (_, index) =>
    holders.use(spawnHolder(folder.path, index === 0 ? 'server' : 'guest')),
  )
  const answers = await Promise.all(all.map((holder) => holder.answer))
  expect(new Set(answers.map((answer) => answer?.url)).size).toBe(1)
  expect(answers.filter((answer) => answer?.reused === false)).toHaveLength(1)

  const pid = await postgresPid(folder.path)
  await Promise.all(all.map((holder) => holder.close()))
  expect(await isRunning(pid)).toBe(false)
})
