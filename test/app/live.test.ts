import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import { HealthReport, LiveReadings, PageOfReadings, SendReadings } from './operations.ts'

let database: TestDatabase
let servers: [Server, Server]
beforeAll(async () => {
  database = await openTestDatabase('native')
  const environment = { DATABASE_URL: database.url }
  servers = await Promise.all([openServer(environment), openServer(environment)])
})
afterAll(async () => {
  for (const server of servers ?? []) await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await sql`truncate solark.telemetry`.execute(database.kysely)
})

/** As any other program writes. */
async function insert(plantId: number, timestamp: string, soc: number): Promise<void> {
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc)
    values (${plantId}, ${timestamp}::timestamptz, ${soc})`.execute(database.kysely)
}

test('a row that SQL writes reaches the subscribers of both servers, on sockets and event streams', async () => {
  await using all = new AsyncDisposableStack()
  const subscriptions = servers.flatMap((server) => [
    all.use(server.as().subscribe(LiveReadings)),
    all.use(server.as().subscribe(LiveReadings, { plantId: 1 })),
    all.use(server.as().subscribeToEvents(LiveReadings, { plantId: 1 })),
  ])
  await insert(1, '2026-06-01T00:00:00Z', 10)
  for (const subscription of subscriptions) {
    expect((await subscription.next()).latestEnergy).toEqual({
      timestamp: '2026-06-01T00:00:00.000Z',
      soc: 10,
      plant: { plantId: 1 },
    })
  }
  const next = subscriptions.map((subscription) => subscription.next())
  await insert(1, '2026-06-01T00:00:01Z', 11)
  for (const { latestEnergy } of await Promise.all(next)) expect(latestEnergy.soc).toBe(11)
})

test('a reading that is sent to one server reaches the subscribers of the other', async () => {
  const [one, other] = servers
  await using live = other.as().subscribe(LiveReadings, { plantId: 2 })
  const arriving = live.next()
  await one.as(one.adminToken).ask(SendReadings, {
    readings: [{ plantId: 2, timestamp: '2026-06-01T00:00:00Z', soc: 20 }],
  })
  expect((await arriving).latestEnergy.soc).toBe(20)
})

test('a reading that comes late is stored, and not pushed', async () => {
  const [server] = servers
  await insert(3, '2026-06-01T00:00:10Z', 30)
  await using live = server.as().subscribe(LiveReadings, { plantId: 3 })
  expect((await live.next()).latestEnergy.soc).toBe(30)
  await insert(3, '2026-06-01T00:00:05Z', 29)
  await insert(3, '2026-06-01T00:00:11Z', 31)
  expect((await live.next()).latestEnergy.soc).toBe(31)
  const { nodes } = (await server.as().ask(PageOfReadings, { plantId: 3 })).telemetry
  expect(nodes.map(({ soc }) => soc)).toEqual([31, 30, 29])
})

test('minInterval thins what arrives, and the newest reading comes in the end', async () => {
  const [server] = servers
  await insert(4, '2026-06-01T00:00:00Z', 0)
  await using thin = server.as().subscribe(LiveReadings, { plantId: 4, minInterval: 'PT0.5S' })
  await using full = server.as().subscribe(LiveReadings, { plantId: 4 })
  await full.next()
  const received = [(await thin.next()).latestEnergy.soc]
  const start = performance.now()
  for (let soc = 1; soc <= 20; soc++) {
    await insert(4, `2026-06-01T00:00:${String(soc).padStart(2, '0')}Z`, soc)
    // Each commit is pushed to the full subscription before the next one is made.
    expect((await full.next()).latestEnergy.soc).toBe(soc)
  }
  while (received.at(-1) !== 20) received.push((await thin.next()).latestEnergy.soc)
  // The first one, one for each interval, and the one that an interval ends with.
  expect(received.length).toBeLessThanOrEqual((performance.now() - start) / 500 + 2)
  expect(received).toEqual([...received].sort((a, b) => Number(a) - Number(b)))
})

test('subscribers of a server whose connections the database ended are sent the newest state', async () => {
  await insert(5, '2026-06-01T00:00:00Z', 50)
  await using all = new AsyncDisposableStack()
  const subscriptions = servers.map((server) =>
    all.use(server.as().subscribe(LiveReadings, { plantId: 5 })),
  )
  for (const subscription of subscriptions) await subscription.next()
  const { rows } = await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'heliograph live feed' and datname = current_database()`.execute(
    database.kysely,
  )
  expect(rows).toHaveLength(2)
  await insert(5, '2026-06-01T00:00:01Z', 51)
  for (const subscription of subscriptions) {
    expect((await subscription.next()).latestEnergy.soc).toBe(51)
  }
  for (const server of servers) {
    await expect
      .poll(async () => (await server.as().ask(HealthReport)).health.status)
      .toBe('HEALTHY')
  }
})
