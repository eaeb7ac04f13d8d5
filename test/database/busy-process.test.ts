import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { toDatabaseFault } from '../../src/database/faults.ts'
import { checkHealth } from '../../src/system/health.ts'
import { startTimeout } from '../../src/timeout.ts'
import { openTestDatabase } from '../support/database.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'

/** Stops the event loop, as coercing a huge request does: timers and sockets are late alike. */
function stopLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** As long as anything here waits for a database, and a second more. */
const LONG_MS = 6000

const ask = async ({ kysely }: Database, statement = 'select 1 as one'): Promise<unknown[]> => {
  const { rows } = await sql.raw(statement).execute(kysely)
  return rows
}
const code = (error: unknown) => toDatabaseFault(error)?.code

test('a process that was stopped takes no database for silent or busy, and one that is silent it gives up', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  await using proxy = await openTcpProxy(server.url)
  const told: unknown[] = []
  const open = (url: string) =>
    openDatabase({
      url,
      poolSize: 2,
      statementTimeout: 30_000,
      onOutage: (cause) => told.push(cause),
    })
  await using used = open(server.url)
  await using asked = open(server.url)
  await using listened = open(server.url)
  await using reached = open(server.url)
  await using silent = open(proxy.url)
  await ask(silent)

  const slow = [1, 2].map(() => ask(used, 'select pg_sleep(1)'))
  const waiting = ask(used)
  await expect.poll(() => used.poolUse).toMatchObject({ inUse: 2, waiting: 1 })
  const connecting = ask(reached)
  const opening = reached.openSession('test')
  const heard = Promise.withResolvers<void>()
  await using _listener = listened.listen('test', {
    onNotification: () => {},
    onListening: heard.resolve,
    onLost: heard.reject,
  })
  const run = async () => {
    await ask(asked)
    return { status: 'HEALTHY', detail: null } as const
  }
  const health = checkHealth([{ name: 'database', run }], { version: '', forAdmin: false })
  await nextTurn()
  stopLoop(LONG_MS)

  await Promise.all(slow)
  expect(await waiting).toEqual([{ one: 1 }])
  expect(await connecting).toEqual([{ one: 1 }])
  await using _session = await opening
  await heard.promise
  expect(await health).toMatchObject({ status: 'HEALTHY' })
  expect(told).toEqual([])

  proxy.silence()
  expect(await ask(silent).catch(code)).toBe('DATABASE_UNAVAILABLE')
  expect(told).toHaveLength(1)
})

test('what arrived while the process was stopped is read before the patience is over', async () => {
  let over = 0
  using _patience = startTimeout(250, () => {
    over += 1
  })
  stopLoop(1000)
  await nextTurn()
  await nextTurn()
  expect(over).toBe(0)
  await expect.poll(() => over).toBe(1)
})
