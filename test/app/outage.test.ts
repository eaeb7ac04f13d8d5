import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cable, openCable } from '../support/cable.ts'
import type { Subscription } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import {
  EveryPlant,
  HealthReport,
  LatestReading,
  LiveReadings,
  SendReadings,
} from './operations.ts'

let database: TestDatabase
let cable: Cable
let server: Server
beforeAll(async () => {
  database = await openTestDatabase('native')
  cable = await openCable(database.url)
  server = await openServer({ DATABASE_URL: cable.url, STATEMENT_TIMEOUT: 'PT1S' })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await cable[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

test('a connection that breaks under a query fails that request, and not the server', async () => {
  await using session = await database.openSession('test')
  await sql`begin`.execute(session.kysely)
  await sql`lock table solark.plant in access exclusive mode`.execute(session.kysely)
  const refused = server.as().fail(EveryPlant)
  await expect
    .poll(async () => {
      const { rows } = await sql`
        select from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`.execute(session.kysely)
      return rows.length
    })
    .toBe(1)
  await cable.cut()
  expect((await refused)[0]?.extensions.code).toBe('DATABASE_UNAVAILABLE')
  await cable.mend()
  await sql`rollback`.execute(session.kysely)
  await expect.poll(async () => (await server.as().ask(HealthReport)).health.status).toBe('HEALTHY')
})

test.for(['cut', 'silence'] as const)(
  'a database that goes away (%s) is told by every request and by health, subscribers stay, and all recovers by itself',
  async (outage) => {
    const admin = server.as(server.adminToken)
    const send = (soc: number) =>
      admin.ask(SendReadings, {
        readings: [{ plantId: 1, timestamp: new Date().toISOString(), soc }],
      })
    await send(10)
    await using socket = admin.subscribe(LiveReadings, { plantId: 1 })
    await using events = admin.subscribeToEvents(LiveReadings, { plantId: 1 })
    for (const live of [socket, events]) await arrival(live, 10)

    await cable[outage]()
    for (const refused of [
      admin.fail(EveryPlant),
      admin.fail(LatestReading),
      admin.fail(SendReadings, { readings: [{ plantId: 1, soc: 11 }] }),
    ]) {
      expect((await refused)[0]?.extensions.code).toBe('DATABASE_UNAVAILABLE')
    }
    const { health } = await admin.ask(HealthReport)
    expect(health.status).toBe('UNHEALTHY')
    expect(health.checks).toContainEqual(
      expect.objectContaining({ name: 'database', status: 'UNHEALTHY' }),
    )
    const ready = await fetch(`${server.url}/readyz`)
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('database')])
    expect((await fetch(`${server.url}/health`)).status).toBe(503)
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)

    await cable.mend()
    await expect.poll(async () => (await admin.ask(HealthReport)).health.status).toBe('HEALTHY')
    await send(12)
    for (const live of [socket, events]) await arrival(live, 12)
  },
)

type Reading = { latestEnergy: { soc?: number | null } }

function arrival(live: Subscription<Reading>, soc: number): Promise<Reading> {
  return live.nextWhere(({ latestEnergy }) => latestEnergy.soc === soc)
}
