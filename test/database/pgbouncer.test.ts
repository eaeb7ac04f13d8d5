import { sql } from 'kysely'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/database/database.ts'
import type { Session } from '../../src/database/session.ts'
import { openTestDatabase } from '../support/database.ts'
import { hasPgBouncer, openPgBouncer } from '../support/pgbouncer.ts'

/**
 * A session behind a pooler with two connections. What it set on opening, it set on one of them; `elsewhere` has it
 * served by the other one.
 */
async function openPooledSession() {
  await using opening = new AsyncDisposableStack()
  const direct = opening.use(await openTestDatabase('native'))
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(
    direct.kysely,
  )
  const name = sql.ref(rows[0]?.name ?? '')
  await sql`alter database ${name} set statement_timeout = '300ms'`.execute(direct.kysely)
  const pooler = opening.use(await openPgBouncer(direct.url, 2))
  const database = opening.use(
    openDatabase({ url: pooler.url, poolSize: 1, statementTimeout: 300 }),
  )
  const session = opening.use(await database.openSession('test'))
  const open = opening.move()
  return {
    session,
    database,
    elsewhere: async <Result>(work: (session: Session) => Promise<Result>): Promise<Result> => {
      const occupant = new pg.Client(pooler.url)
      await occupant.connect()
      try {
        await occupant.query('begin')
        return await work(session)
      } finally {
        await occupant.query('rollback')
        await occupant.end()
      }
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

describe.skipIf(!hasPgBouncer)(
  'behind a PgBouncer that lends connections by the transaction',
  () => {
    test('long work has no statement timeout, whichever connection does it', async () => {
      await using pooled = await openPooledSession()
      await pooled.elsewhere(({ kysely }) =>
        kysely
          .transaction()
          .execute((transaction) => sql`select pg_sleep(0.6)`.execute(transaction)),
      )
    })

    test('a lock is held, and given back, whichever connection took it', async () => {
      await using pooled = await openPooledSession()
      const { session, database, elsewhere } = pooled
      await using rival = await database.openSession('rival')
      const held = await session.lock([1, 2])
      expect(held).toBeDefined()
      expect(await rival.lock([1, 2])).toBeUndefined()
      await held?.[Symbol.asyncDispose]()
      const again = await elsewhere(() => rival.lock([1, 2]))
      expect(again).toBeDefined()
      await again?.[Symbol.asyncDispose]()
    })
  },
)
