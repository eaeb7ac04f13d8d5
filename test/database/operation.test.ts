import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { toDatabaseFault } from '../../src/database/faults.ts'
import { runOperation } from '../../src/database/operation.ts'
import { Fault } from '../../src/fault.ts'
import { openTestDatabase } from '../support/database.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'

const ask = async ({ kysely }: Pick<Database, 'kysely'>, expression: string): Promise<unknown> => {
  const { rows } = await sql
    .raw<{ answer: unknown }>(`select (${expression}) as answer`)
    .execute(kysely)
  return rows[0]?.answer
}
const told = (error: unknown) => {
  const fault = toDatabaseFault(error)
  return `${fault?.code}: ${fault?.message}`
}
const OVER = expect.stringMatching(
  /^QUERY_TIMEOUT: The operation took longer than OPERATION_TIMEOUT/,
)

const open = (url: string, poolSize: number) =>
  openDatabase({ url, poolSize, statementTimeout: 30_000 })

test('when the time of an operation is over, what runs is cancelled, and what waits or comes later is refused', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  await using database = open(server.url, 4)
  await Promise.all([ask(database, '1'), ask(database, '1')])
  const cancelled = (error: unknown) =>
    error instanceof Fault && error.cause instanceof Error ? error.cause.message : told(error)
  const [asked, later] = await runOperation({ client: 'a', timeoutMs: 2000 }, async () => {
    const asked = Array.from({ length: 10 }, () => ask(database, 'pg_sleep(25)').catch(cancelled))
    return [await Promise.all(asked), await ask(database, '1').catch(told)]
  })
  const CANCELLED = 'canceling statement due to user request'
  expect(asked).toEqual([...Array(2).fill(CANCELLED), ...Array(8).fill(OVER)])
  expect(later).toEqual(OVER)
  await expect.poll(() => database.poolUse).toMatchObject({ inUse: 0, waiting: 0 })
  const running = `select count(*) from pg_stat_activity
    where query like 'select (pg_sleep%' and state = 'active' and datname = current_database()`
  expect(await ask(server, running)).toBe(0)
  expect(await ask(database, '1')).toBe(1)
})

test('a transaction whose time is over is rolled back, and its connection goes on', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  await using database = open(server.url, 1)
  const process = await ask(database, 'pg_backend_pid()')
  const statements: unknown[] = []
  await runOperation({ client: 'a', timeoutMs: 1000 }, () =>
    database.kysely
      .transaction()
      .execute(async (transaction) => {
        statements.push(await ask({ kysely: transaction }, '1'))
        statements.push(await ask({ kysely: transaction }, 'pg_sleep(25)').catch(told))
        statements.push(await ask({ kysely: transaction }, '1').catch(told))
        throw new Error('rolled back')
      })
      .catch(told),
  )
  expect(statements).toEqual([1, OVER, OVER])
  expect(await ask(database, 'pg_backend_pid()')).toBe(process)
  expect(await ask(database, 'pg_current_xact_id_if_assigned()')).toBeNull()
})

test('a write that runs is let finish, and no other begins; long work and what is no operation have no such time', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  await using database = open(server.url, 1)
  await using session = await database.openSession('test')
  await using holder = await server.openSession('test')
  await ask(holder, 'pg_advisory_lock(1)')
  await ask(database, '1')
  await runOperation({ client: 'a', timeoutMs: 1000, cancels: false }, async () => {
    const write = ask(database, `select 'stored' from pg_advisory_xact_lock(1)`)
    expect(await ask(database, '1').catch(told)).toEqual(OVER)
    await ask(holder, 'pg_advisory_unlock(1)')
    expect(await write).toBe('stored')
    expect(await ask(database, '1').catch(told)).toEqual(OVER)
    expect(await ask(session, '1')).toBe(1)
    expect(await ask({ kysely: database.reserved }, '1')).toBe(1)
  })
  expect(await ask(database, '1')).toBe(1)
})

test('a cancellation that comes late never hits the statement of the next one', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  await using proxy = await openTcpProxy(server.url)
  await using database = open(proxy.url, 1)
  await using holder = await server.openSession('test')
  await ask(holder, 'pg_advisory_lock(1)')
  await ask(database, '1')

  const deliver = proxy.holdCancellations()
  const late = runOperation({ client: 'a', timeoutMs: 500 }, () =>
    ask(database, `select 'answered' from pg_advisory_xact_lock(1)`),
  )
  await expect.poll(() => proxy.heldCancellations).toBe(1)
  await ask(holder, 'pg_advisory_unlock(1)')
  expect(await late).toBe('answered')
  const next = ask(database, `select 'answered' from pg_sleep(1)`)
  await expect.poll(() => database.poolUse).toMatchObject({ inUse: 1, waiting: 1 })
  deliver()
  expect(await next).toBe('answered')

  // Without the proxy in between, and as close as can be.
  await using near = open(server.url, 1)
  for (let times = 1; times <= 100; times++) {
    const one = runOperation({ client: 'a', timeoutMs: 20 }, () =>
      ask(near, `select 1 from pg_sleep(0.02)`),
    )
    const other = ask(near, `select 'answered' from pg_sleep(0.005)`)
    await one.catch(() => {})
    expect(await other).toBe('answered')
  }
})

test('a connection of which it is not certain whether its cancellation is still to come is closed', async () => {
  await using server = await openTestDatabase('native', { migrated: false })
  await using proxy = await openTcpProxy(server.url)
  await using database = open(proxy.url, 1)
  await using holder = await server.openSession('test')
  await ask(holder, 'pg_advisory_lock(1)')
  const process = await ask(database, 'pg_backend_pid()')
  proxy.holdCancellations()
  const late = runOperation({ client: 'a', timeoutMs: 500 }, () =>
    ask(database, `select 'answered' from pg_advisory_xact_lock(1)`),
  )
  await expect.poll(() => proxy.heldCancellations).toBe(1)
  await ask(holder, 'pg_advisory_unlock(1)')
  expect(await late).toBe('answered')
  await expect.poll(() => database.poolUse.inUse).toBe(0)
  expect(await ask(database, 'pg_backend_pid()')).not.toBe(process)
})
