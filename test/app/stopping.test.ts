import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { instantOf } from '../../src/database/instant.ts'
import { openTestDatabase } from '../support/database.ts'
import { Ledger, noDifference } from '../support/drill/ledger.ts'
import { keepRecording } from '../support/drill/writer.ts'
import { openServer } from '../support/server.ts'
import { EveryPlant, LiveReadings } from './operations.ts'

const PLANTS = [1, 2, 3, 4]

test('a server that is stopped while clients write and subscribe loses nothing, and says goodbye to subscribers', async () => {
  await using database = await openTestDatabase('native')
  const ledger = new Ledger(instantOf(new Date(Date.now() - 86_400_000)))
  for (const busyMs of [0, 100, 500]) {
    await using server = await openServer({ DATABASE_URL: database.url })
    await using clients = new AsyncDisposableStack()
    const goodbyes = PLANTS.map(async (plantId) => {
      const live = clients.use(server.as().subscribe(LiveReadings, { plantId }))
      for (;;) await live.next()
    })
    const left = Promise.allSettled(goodbyes)
    const admin = server.as(server.adminToken)
    const writers = PLANTS.map((plantId) => clients.use(keepRecording(admin, ledger, plantId)))
    const unexplained = Promise.race(writers.map(({ failed }) => failed))
    await expect.poll(() => writers.every(({ newest }) => newest > 0)).toBe(true)
    await sleep(busyMs)

    await Promise.race([unexplained, server.stop()])
    for (const goodbye of await left) {
      expect(goodbye).toMatchObject({ status: 'rejected', reason: { cause: { code: 1001 } } })
    }
    await clients.disposeAsync()
    expect(server.program.stderr).not.toMatch(/"level":(50|60)/)
  }
  expect(await ledger.compare(database)).toMatchObject(noDifference)
})

test('a request that waits when the server is stopped is told so', async () => {
  await using database = await openTestDatabase('native')
  await using server = await openServer({ DATABASE_URL: database.url })
  await using session = await database.openSession('test')
  await sql`begin; lock table solark.plant in access exclusive mode`.execute(session.kysely)
  const waiting = server.as().fail(EveryPlant)
  await expect
    .poll(async () => {
      // A transaction sees pg_stat_activity as it was when it first looked, so the one that locks cannot ask.
      const { rows } = await sql`
        select from pg_stat_activity
        where wait_event_type = 'Lock' and query like '%time_zone%' and datname = current_database()`.execute(
        database.kysely,
      )
      return rows.length
    })
    .toBe(1)
  await server.stop()
  expect(await waiting).toMatchObject([{ extensions: { code: 'SERVER_STOPPING' } }])
  await sql`rollback`.execute(session.kysely)
})
