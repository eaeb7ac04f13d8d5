import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import {
  openEmbeddedPostgres,
  runningEmbeddedUrl,
} from '../../../src/database/embedded/embedded-postgres.ts'
import { createLogger } from '../../../src/log.ts'
import { isRunning, killPostgres, postgresPid, query } from './postgres-process.ts'
import { spawnHolder } from './spawn-holder.ts'
import { temporaryFolder } from './temporary-folder.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })
const patience = { timeout: 60_000, interval: 5 }

test('the server killed: PostgreSQL lives on, and the next server takes it over with all data', async () => {
  await using folder = await temporaryFolder()
  await using server = spawnHolder(folder.path, 'server')
  const { url = '' } = (await server.answer) ?? {}
  await query(url, 'create table kept as select 42 as answer')
  await server.kill()
  expect(await runningEmbeddedUrl(folder.path)).toBe(url)

  const pid = await postgresPid(folder.path)
  {
    await using next = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
    expect(next).toMatchObject({ url, reused: true })
    expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }])
  }
  expect(await isRunning(pid)).toBe(false)
})

test('PostgreSQL killed: it comes back at the same address by itself, with all data', async () => {
  await using folder = await temporaryFolder()
  await using postgres = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
  await using guest = spawnHolder(folder.path, 'guest')
  await guest.answer
  await query(postgres.url, 'create table kept as select 42 as answer')

  for (let round = 0; round < 3; round++) {
    const killed = await killPostgres(folder.path)
    const rows = await vi.waitFor(() => query(postgres.url, 'select answer from kept'), patience)
    expect(rows).toEqual([{ answer: 42 }])
    expect(await postgresPid(folder.path)).not.toBe(killed)
  }
})

test('PostgreSQL killed in the middle of a long computation, which goes on without it', async () => {
  await using folder = await temporaryFolder()
  await using postgres = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
  const client = new pg.Client(postgres.url)
  client.on('error', () => {})
  await client.connect()
  const broken = expect(
    client.query("do $$ begin loop perform 1; end loop; end $$ -- 'never looks up'"),
  ).rejects.toThrow()
  await killPostgres(folder.path)

  expect(await vi.waitFor(() => query(postgres.url, 'select 1 as one'), patience)).toEqual([
    { one: 1 },
  ])
  await broken
})

test('closed while PostgreSQL is being started again: it ends, and nothing runs on', async () => {
  await using folder = await temporaryFolder()
  const dataDir = folder.path
  const moments: Record<string, (killed: number) => Promise<unknown>> = {
    'at once': async () => {},
    'a new one was spawned': (killed) =>
      vi.waitFor(async () => {
        const pid = await postgresPid(dataDir)
        if (pid === undefined || pid === killed) throw new Error('Not yet')
      }, patience),
  }
  for (const [moment, reached] of Object.entries(moments)) {
    // In a process of its own, which has nothing else that would keep it alive until all is closed.
    await using holder = spawnHolder(dataDir, 'guest')
    expect(await holder.answer, moment).toMatchObject({ reused: false })
    await reached(await killPostgres(dataDir))
    await holder.close()
    expect(await postgresPid(dataDir), moment).toBeUndefined()
  }
  await using next = await openEmbeddedPostgres({ dataDir, role: 'server', log })
  expect(next.reused).toBe(false)
})

test('server and PostgreSQL killed, in either order', async () => {
  await using folder = await temporaryFolder()
  for (const order of ['server first', 'PostgreSQL first']) {
    await using server = spawnHolder(folder.path, 'server')
    const { url = '' } = (await server.answer) ?? {}
    await query(url, 'create table if not exists kept (n int); insert into kept values (1)')
    if (order === 'server first') await server.kill()
    await killPostgres(folder.path)
    await server.kill()
  }
  await using next = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
  expect(await query(next.url, 'select sum(n)::int as n from kept')).toEqual([{ n: 2 }])
})

test('a first start killed at any of its steps: the next start works, and nothing half-made remains', {
  timeout: 300_000,
}, async () => {
  const unfinished = async (root: string) =>
    (await readdir(root)).filter((name) => name.startsWith('postgres.new-'))
  const reads = (...path: string[]) => readFile(join(...path)).then((text) => text.length > 0)
  const steps: Record<string, (root: string) => Promise<boolean>> = {
    'folder made': (root) => reads(root, 'locks/start').then(() => true),
    'cluster begun': async (root) => (await unfinished(root)).length > 0,
    'files written': async (root) =>
      reads(root, (await unfinished(root))[0] ?? '', 'cluster/PG_VERSION'),
    'cluster in place': (root) => reads(root, 'postgres/PG_VERSION'),
    'PostgreSQL begun': (root) => reads(root, 'postgres/postmaster.pid'),
  }
  for (const [step, reached] of Object.entries(steps)) {
    await using folder = await temporaryFolder()
    await using first = spawnHolder(folder.path, 'server')
    await vi.waitFor(async () => {
      if (!(await reached(folder.path).catch(() => false))) throw new Error(`Not yet: ${step}`)
    }, patience)
    await first.kill()

    await using next = await openEmbeddedPostgres({ dataDir: folder.path, role: 'server', log })
    expect(await query(next.url, 'select 1 as one'), step).toEqual([{ one: 1 }])
    expect(await unfinished(folder.path), step).toEqual([])
  }
})
