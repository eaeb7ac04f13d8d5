import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { dataFolder } from '../../../src/database/embedded/data-folder.ts'
import { openEmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres.ts'
import { fileLock } from '../../../src/database/embedded/locks.ts'
import { createLogger } from '../../../src/log.ts'
import { needsMounting } from '../../support/disk.ts'
import { killPostgres, query } from './postgres-process.ts'
import { spawnHolder } from './spawn-holder.ts'
import { temporaryFolder } from './temporary-folder.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })
const patience = { timeout: 60_000, interval: 50 }

test('the data of another major version is refused and left as it is', async () => {
  await using folder = await temporaryFolder()
  const cluster = join(folder.path, 'postgres')
  await mkdir(cluster)
  await writeFile(join(cluster, 'PG_VERSION'), '17\n')

  const opened = openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
  await expect(opened).rejects.toMatchObject({
    code: 'DATA_FOLDER_UNUSABLE',
    message: expect.stringMatching(/PostgreSQL 18.*PostgreSQL 17.*HELIOGRAPH_DATA_DIR/),
  })
  expect(await readdir(cluster)).toEqual(['PG_VERSION'])
})

test('a folder that is no cluster is refused and left as it is', async () => {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, 'postgres'))
  await writeFile(join(folder.path, 'postgres', 'holiday.jpg'), 'precious')

  const opened = openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
  await expect(opened).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })
  expect(await readdir(join(folder.path, 'postgres'))).toEqual(['holiday.jpg'])
})

test('a file in place of the data folder is refused', async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, 'file')
  await writeFile(dataDir, '')
  const opened = openEmbeddedPostgres({ dataDir, role: 'server', log })
  await expect(opened).rejects.toMatchObject({
    code: 'DATA_FOLDER_UNUSABLE',
    message: expect.stringContaining('HELIOGRAPH_DATA_DIR'),
  })
})

test.skipIf(process.platform !== 'linux')(
  'a data folder where none can be made is refused',
  async () => {
    const opened = openEmbeddedPostgres({ dataDir: '/proc/none/data', role: 'server', log })
    await expect(opened).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
      message: expect.stringContaining('HELIOGRAPH_DATA_DIR'),
    })
  },
)

test('after a crash the number of PostgreSQL belongs to another program: it starts, the other lives', async () => {
  await using folder = await temporaryFolder()
  await using crashed = spawnHolder(folder.path, 'server')
  await query((await crashed.answer)?.url ?? '', 'create table kept as select 42 as answer')
  await crashed.kill()
  await killPostgres(folder.path)

  const pidFile = join(folder.path, 'postgres', 'postmaster.pid')
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  try {
    const [, ...lines] = (await readFile(pidFile, 'utf8')).split('\n')
    await writeFile(pidFile, [stranger.pid, ...lines].join('\n'))
    await using next = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
    expect(next.reused).toBe(false)
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    expect(stranger.exitCode).toBe(null)
  } finally {
    stranger.kill()
    await once(stranger, 'exit')
  }
})

test('after a crash the pid file is there, but empty: it starts', async () => {
  await using folder = await temporaryFolder()
  await using crashed = spawnHolder(folder.path, 'server')
  await query((await crashed.answer)?.url ?? '', 'create table kept as select 42 as answer')
  await crashed.kill()
  await killPostgres(folder.path)
  await writeFile(join(folder.path, 'postgres', 'postmaster.pid'), '')

  await using next = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
  expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }])
})

test('after a crash another program listens on the port of PostgreSQL: it comes back when that ends', async () => {
  await using folder = await temporaryFolder()
  const lines = new PassThrough()
  const telling = pino({ level: 'error' }, lines)
  await using postgres = await openEmbeddedPostgres({
    dataDir: folder.path,
    role: 'server',
    log: telling,
  })
  const { port } = new URL(postgres.url)
  const stranger = createServer((socket) => socket.destroy())
  // Before the next one starts: it waits for this lock.
  const told = once(lines, 'data')
  {
    using _start = await fileLock(dataFolder(folder.path).startLock, 'exclusive')
    await killPostgres(folder.path)
    await vi.waitFor(async () => {
      stranger.listen(Number(port), '127.0.0.1')
      await once(stranger, 'listening')
    }, patience)
  }
  expect(String(await told)).toMatch(new RegExp(`port ${port}.*PORT_UNAVAILABLE`))
  stranger.close()
  await once(stranger, 'close')
  const rows = await vi.waitFor(() => query(postgres.url, 'select 1 as one'), patience)
  expect(rows).toEqual([{ one: 1 }])
})

test('after a crash the number of PostgreSQL belongs to that of another data folder', async () => {
  await using folder = await temporaryFolder()
  await using otherFolder = await temporaryFolder()
  await using other = await openEmbeddedPostgres({ dataDir: otherFolder.path, role: 'server', log })
  await using crashed = spawnHolder(folder.path, 'server')
  await crashed.answer
  await crashed.kill()
  await killPostgres(folder.path)
  const otherFile = await readFile(join(otherFolder.path, 'postgres', 'postmaster.pid'))
  await writeFile(join(folder.path, 'postgres', 'postmaster.pid'), otherFile)

  await using next = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
  expect(next.url).not.toBe(other.url)
  await query(next.url, 'create table mine ()')
  expect(await query(other.url, "select to_regclass('mine') as mine")).toEqual([{ mine: null }])
})

test.skipIf(needsMounting !== '')(
  `a full disk stops the first start; with room the next one works${needsMounting}`,
  async () => {
    await using folder = await temporaryFolder()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder.path])
    try {
      const opened = openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
      await expect(opened).rejects.toMatchObject({ code: 'STORAGE_FULL' })

      execFileSync('mount', ['-o', 'remount,size=200m', folder.path])
      await using next = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
      expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }])
    } finally {
      execFileSync('umount', [folder.path])
    }
  },
)

test.skipIf(needsMounting !== '')(
  `a read-only folder is refused, and good again once it can be written${needsMounting}`,
  async () => {
    await using folder = await temporaryFolder()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', folder.path])
    const dataDir = folder.path
    try {
      {
        await using first = await openEmbeddedPostgres({ dataDir, role: 'server', log })
        await query(first.url, 'create table kept as select 42 as answer')
      }
      execFileSync('mount', ['-o', 'remount,ro', dataDir])
      const opened = openEmbeddedPostgres({ dataDir, role: 'server', log })
      await expect(opened).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' })

      execFileSync('mount', ['-o', 'remount,rw', dataDir])
      await using next = await openEmbeddedPostgres({ dataDir, role: 'server', log })
      expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    } finally {
      execFileSync('umount', [dataDir])
    }
  },
)
