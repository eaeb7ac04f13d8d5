import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import { HourlyChart, LatestReading } from './operations.ts'

let database: TestDatabase
let server: Server
beforeAll(async () => {
  database = await openTestDatabase('native')
  server = await openServer({
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '4',
    OPERATION_TIMEOUT: 'PT3S',
    // Longer than the test may take, so that it is the deadline that ends an operation.
    STATEMENT_TIMEOUT: 'PT2M',
  })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

test('while one client fills its share of the connections with charts, another is answered, and the charts end by OPERATION_TIMEOUT', async () => {
  await sql`
    insert into solark.telemetry (plant_id, soc) select plant, 50 from generate_series(1, 6) as plant`.execute(
    database.kysely,
  )
  await using session = await database.openSession('test')
  await session.kysely.transaction().execute(async (transaction) => {
    await sql`lock table solark.rollup_hour in access exclusive mode`.execute(transaction)
    const admin = server.as(server.adminToken)
    const charts = [1, 2, 3, 4, 5, 6].map((plantId) => admin.fail(HourlyChart, { plantId }))
    const blocked = async () => {
      const { rows } = await sql`
        select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(database.kysely)
      return rows.length
    }
    await expect.poll(blocked, { interval: 20 }).toBeGreaterThanOrEqual(2)
    const latest = server.as().ask(LatestReading, { plantId: 1 })
    expect(await Promise.race([latest, ...charts])).toMatchObject({ latestEnergy: { soc: 50 } })
    for (const chart of charts) {
      const [error] = await chart
      expect(error?.extensions.code).toBe('QUERY_TIMEOUT')
      expect(error?.message).toContain('OPERATION_TIMEOUT')
    }
  })
})
