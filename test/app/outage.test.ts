import { readdir, readFile, readlink } from 'node:fs/promises'
import { platform } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Subscription } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import {
  EveryPlant,
  HealthReport,
  LatestReading,
  LiveCharge,
  LiveReadings,
  SendReadings,
} from './operations.ts'

const NAME = 'the server under test'
const POOL_SIZE = 4
/** With the live feed's, and those for what the server itself asks. */
const MOST_CONNECTIONS = POOL_SIZE + 1 + 7

let database: TestDatabase
let proxy: TcpProxy
let server: Server
beforeAll(async () => {
  database = await openTestDatabase('native')
  proxy = await openTcpProxy(database.url)
  const url = new URL(proxy.url)
  url.searchParams.set('application_name', NAME)
  server = await openServer({
    DATABASE_URL: url.href,
    DATABASE_POOL_SIZE: `${POOL_SIZE}`,
    STATEMENT_TIMEOUT: 'PT1S',
    LOG_LEVEL: 'info',
  })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await proxy[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const healthOf = async () => (await server.as().ask(HealthReport)).health
const databaseCheck = async () => (await healthOf()).checks.find(({ name }) => name === 'database')
const untilHealthy = () => expect.poll(async () => (await healthOf()).status).toBe('HEALTHY')

/** As the database sees it. */
async function countConnections(): Promise<number> {
  const { rows } = await sql<{ connections: number }>`
    select count(*) as connections from pg_stat_activity where application_name = ${NAME} and datname = current_database()`.execute(
    database.kysely,
  )
  return rows[0]?.connections ?? 0
}

/** As the system sees it (on Linux): the sockets of the server's process to the proxy, in whatever state they are. */
async function countSockets(): Promise<number> {
  const process = `/proc/${server.program.pid}`
  const files = await readdir(`${process}/fd`).catch(() => [])
  const links = files.map((file) => readlink(`${process}/fd/${file}`).catch(() => ''))
  const own = new Set(await Promise.all(links))
  const table = await readFile(`${process}/net/tcp`, 'utf8').catch(() => '')
  const proxyPort = Number(new URL(proxy.url).port).toString(16).toUpperCase().padStart(4, '0')
  return table.split('\n').filter((line) => {
    const [, , remote, , , , , , , inode] = line.trim().split(/\s+/)
    return remote?.endsWith(`:${proxyPort}`) && own.has(`socket:[${inode}]`)
  }).length
}

test('a connection that breaks under a query fails that request, and not the server', async () => {
  await using session = await database.openSession('test')
  await sql`begin`.execute(session.kysely)
  await sql`lock table solark.plant in access exclusive mode`.execute(session.kysely)
  const refused = server.as().fail(EveryPlant)
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
  await proxy.cut()
  expect((await refused)[0]?.extensions.code).toBe('DATABASE_UNAVAILABLE')
  await proxy.restore()
  await sql`rollback`.execute(session.kysely)
  await untilHealthy()
})

const outages: [string, () => Promise<void> | void][] = [
  ['cut', () => proxy.cut()],
  ['silent', () => proxy.silence()],
  ['half open, deaf', () => proxy.silence('questions')],
  ['half open, mute', () => proxy.silence('answers')],
]

test.for(outages)(
  'a database that goes away (%s) is told at once by every request and by health, subscribers stay, and all recovers by itself',
  async ([, goAway]) => {
    const admin = server.as(server.adminToken)
    const send = (soc: number) =>
      admin.ask(SendReadings, {
        readings: [{ plantId: 1, timestamp: new Date().toISOString(), soc }],
      })
    await send(10)
    await using socket = admin.subscribe(LiveReadings, { plantId: 1 })
    await using events = admin.subscribeToEvents(LiveReadings, { plantId: 1 })
    for (const live of [socket, events]) await arrival(live, 10)

    const before = new Date().toISOString()
    await goAway()
    for (const refused of [
      admin.fail(EveryPlant),
      admin.fail(LatestReading),
      admin.fail(SendReadings, { readings: [{ plantId: 1, soc: 11 }] }),
    ]) {
      expect((await refused)[0]?.extensions.code).toBe('DATABASE_UNAVAILABLE')
    }
    await expect
      .poll(databaseCheck)
      .toMatchObject({ status: 'UNHEALTHY', detail: expect.stringMatching(/^unavailable since /) })
    const [, since = ''] = /since (\S+Z)$/.exec((await databaseCheck())?.detail ?? '') ?? []
    expect([before, since, new Date().toISOString()].toSorted()[1]).toBe(since)
    const ready = await fetch(`${server.url}/readyz`)
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining(since)])
    expect((await fetch(`${server.url}/health`)).status).toBe(503)
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)

    // One prober tries; whoever asks meanwhile does not.
    const attempts = proxy.attempts
    const codes = Array.from(
      { length: 100 },
      async () => (await admin.fail(LatestReading))[0]?.extensions.code,
    )
    expect(new Set(await Promise.all(codes))).toEqual(new Set(['DATABASE_UNAVAILABLE']))
    expect(proxy.attempts - attempts).toBeLessThan(50)
    expect((await databaseCheck())?.detail).toBe(`unavailable since ${since}`)

    await proxy.restore()
    await untilHealthy()
    await send(12)
    for (const live of [socket, events]) await arrival(live, 12)
    await expect.poll(countConnections).toBeLessThanOrEqual(MOST_CONNECTIONS)
  },
)

test('a slow network makes answers late, not wrong', async () => {
  proxy.delay(300)
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      expect((await server.as().ask(LatestReading, { plantId: 1 })).latestEnergy?.soc).toBe(12)
    }),
  )
  await proxy.restore()
  await untilHealthy()
})

test('thirty short outages in a row leave no connection and no socket behind', async () => {
  const admin = server.as(server.adminToken)
  await using live = admin.subscribe(LiveCharge, { plantId: 2 })
  const sendUntilStored = async (soc: number) => {
    const send = () =>
      admin
        .ask(SendReadings, {
          readings: [{ plantId: 2, timestamp: new Date().toISOString(), soc }],
        })
        .then(
          () => 'stored',
          (error: unknown) => String(error),
        )
    await expect.poll(send).toBe('stored')
  }
  await sendUntilStored(0)
  await arrival(live, 0)
  if (platform === 'linux') expect(await countSockets()).toBeGreaterThan(0)
  for (let flap = 1; flap <= 30; flap++) {
    await proxy.cut()
    if (flap % 2 === 0) await sleep(20 * (flap % 7))
    await proxy.restore()
    if (flap % 3 === 0) await sendUntilStored(flap)
  }
  await sendUntilStored(31)
  await arrival(live, 31)
  await untilHealthy()
  await expect.poll(countConnections).toBeLessThanOrEqual(MOST_CONNECTIONS)
  await expect.poll(countSockets).toBeLessThanOrEqual(MOST_CONNECTIONS)
  expect(server.program.stderr).not.toMatch(/MaxListenersExceeded|unhandled/i)
})

type Reading = { latestEnergy: { soc?: number | null } }

function arrival(live: Subscription<Reading>, soc: number): Promise<Reading> {
  return live.nextWhere(({ latestEnergy }) => latestEnergy.soc === soc)
}
