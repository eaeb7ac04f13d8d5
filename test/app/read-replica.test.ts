import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openDatabase } from '../../src/database/database.ts'
import { openReadReplica } from '../../src/database/read-replica.ts'
import { createLogger } from '../../src/log.ts'
import { openServer, type Server } from '../support/server.ts'
import { openPair, type Pair } from '../support/standby.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { HealthReport, LiveReadings, SendReadings, Totals, WholeStory } from './operations.ts'

let pair: Pair
let toStandby: TcpProxy
/** Reads the replica however far it is behind: what is not replayed stays unread. */
let server: Server
beforeAll(async () => {
  pair = await openPair({ synchronous: false, settings: { max_standby_streaming_delay: '0' } })
  toStandby = await openTcpProxy(pair.standby.url)
  server = await openServer({
    DATABASE_URL: pair.url,
    DATABASE_READ_URL: toStandby.url,
    DATABASE_READ_LAG: 'P1D',
    OPERATION_TIMEOUT: 'PT1M',
    MIGRATE_ON_START: 'true',
  })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await toStandby?.[Symbol.asyncDispose]()
  await pair?.[Symbol.asyncDispose]()
})

async function query(url: string, text: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end().catch(() => {})
  }
}

const pauseReplay = () => query(pair.standby.url, 'select pg_wal_replay_pause()')
const resumeReplay = () => query(pair.standby.url, 'select pg_wal_replay_resume()')

/** Stores the reading of a minute, as the admin does. */
const record = (plantId: number, minute: number) =>
  server.as(server.adminToken).ask(SendReadings, {
    readings: [
      {
        plantId,
        timestamp: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
        soc: 10 + minute,
        pvPower: 6000,
      },
    ],
  })

async function replicaOf({ as }: Server): Promise<{ status: string; detail: string }> {
  const { health } = await as().ask(HealthReport)
  const found = health.checks.find(({ name }) => name === 'read replica')
  return { status: found?.status ?? '', detail: found?.detail ?? '' }
}

const readsReplica = (server: Server) =>
  expect
    .poll(() => replicaOf(server))
    .toMatchObject({
      status: 'HEALTHY',
      detail: expect.stringMatching(
        /^reads go to the replica of DATABASE_READ_URL, which is at most \d+\.\d s behind$/,
      ),
    })

test('readers are told what the replica has, whoever may write what the primary has, and everyone the newest reading', async () => {
  const reader = server.as()
  const writer = server.as(server.adminToken)
  const ask = { plantId: 1 }
  for (const minute of [0, 10]) await record(1, minute)
  await readsReplica(server)
  const before = await writer.ask(WholeStory, ask)
  expect(before).toMatchObject({
    energy: [{ energy: { pv: 1 } }],
    fleet: { energy: [{ energy: { pv: 1 } }] },
    telemetry: { nodes: [{ soc: 20 }, { soc: 10 }] },
    latestEnergy: { soc: 20 },
  })
  await expect.poll(() => reader.ask(WholeStory, ask)).toEqual(before)

  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  for (const database of ['primary', 'replica']) {
    expect(metrics).toContain(`heliograph_pool_connections_used{database="${database}"} 0`)
  }

  await pauseReplay()
  await record(1, 20)
  const [position] = await query(pair.url, 'select pg_current_wal_flush_lsn() as lsn')
  const after = await writer.ask(WholeStory, ask)
  expect(after).toMatchObject({
    energy: [{ energy: { pv: 2 } }],
    telemetry: { nodes: [{ soc: 30 }, { soc: 20 }, { soc: 10 }] },
    systemStats: { totalEnergySnapshots: before.systemStats.totalEnergySnapshots + 1 },
    latestEnergy: { soc: 30 },
  })
  await using live = reader.subscribe(LiveReadings, ask)
  expect((await live.next()).latestEnergy.soc).toBe(30)
  // Often enough that the answer is used again.
  for (let again = 0; again < 3; again++) {
    expect(await reader.ask(WholeStory, ask)).toEqual({
      ...before,
      latestEnergy: { soc: 30 },
    })
  }

  await resumeReplay()
  const replayed = () =>
    query(pair.standby.url, `select where pg_last_wal_replay_lsn() >= '${position?.lsn}'`)
  while ((await replayed()).length === 0) await sleep(5)
  expect(await reader.ask(WholeStory, ask)).toEqual(after)
})

test('a replica that is further behind than it may be is not read, health says so, and it is read again when it has caught up', async () => {
  await using server = await openServer({
    DATABASE_URL: pair.url,
    DATABASE_READ_URL: pair.standby.url,
  })
  await readsReplica(server)
  await pauseReplay()
  await record(2, 0)
  await expect
    .poll(() => replicaOf(server))
    .toMatchObject({
      status: 'DEGRADED',
      detail: expect.stringMatching(
        /^reads go to the primary: the replica is \d+\.\d s behind, more than the 5\.0 s of DATABASE_READ_LAG: .*max_standby/,
      ),
    })
  const ask = { plantId: 2 }
  const told = await server.as().ask(WholeStory, ask)
  expect(told).toMatchObject({ telemetry: { nodes: [{ soc: 10 }] } })
  await resumeReplay()
  await readsReplica(server)
  expect(await server.as().ask(WholeStory, ask)).toEqual(told)
})

/** A count that takes for ever on a standby. */
const slowCount = `
  create schema agent;
  create table agent.kept (); insert into agent.kept default values;
  create function agent.wait() returns boolean language plpgsql volatile as
    $$ begin if pg_is_in_recovery() then perform pg_sleep(600); end if; return true; end $$;
  create view agent.conversations as select from agent.kept where agent.wait()`

async function withSlowCount(interrupt: () => Promise<unknown>): Promise<number> {
  await query(pair.url, slowCount)
  try {
    const isThere = () =>
      query(pair.standby.url, `select from pg_class where relname = 'conversations'`)
    while ((await isThere()).length === 0) await sleep(5)
    const asked = server.as().ask(Totals)
    asked.catch(() => {})
    const waits = () =>
      query(pair.standby.url, `select from pg_stat_activity where wait_event = 'PgSleep'`)
    while ((await waits()).length === 0) await sleep(5)
    await interrupt()
    return (await asked).systemStats.totalEnergySnapshots
  } finally {
    await query(pair.url, 'drop schema agent cascade')
  }
}

const countOfPrimary = async (): Promise<number> =>
  (await query(pair.url, 'select from solark.telemetry')).length

test('a query that the replica cancels, because of what it has to replay, is answered by the primary', async () => {
  await readsReplica(server)
  const count = await withSlowCount(() => query(pair.url, 'truncate agent.kept'))
  expect(count).toBe(await countOfPrimary())
  await readsReplica(server)
})

test('a replica that cannot be reached is not missed: no question fails, health says so, and it is read again later', async () => {
  await readsReplica(server)
  const count = await withSlowCount(toStandby.cut)
  expect(count).toBe(await countOfPrimary())
  await expect
    .poll(() => replicaOf(server))
    .toEqual({
      status: 'DEGRADED',
      detail:
        'reads go to the primary: the replica of DATABASE_READ_URL cannot be reached: is it running, and is the address right?',
    })
  await toStandby.restore()
  await readsReplica(server)
})

test('a replica that falls silent is not missed either', async () => {
  const isSilent = async () => toStandby.silence()
  expect(await withSlowCount(isSilent)).toBe(await countOfPrimary())
  await toStandby.restore()
  await readsReplica(server)
})

test('what is no standby of the primary is not read, and the reason says what was expected', async () => {
  const elsewhere = (name: string) =>
    Object.assign(new URL(pair.standby.url), { pathname: `/${name}` }).href
  const strangers = [
    [
      pair.url,
      'expected a streaming standby, got the primary itself or a standby that was promoted',
    ],
    [inject('postgresUrl'), 'expected a streaming standby of that of DATABASE_URL'],
    [elsewhere('template1'), 'expected the name that DATABASE_URL has'],
    [elsewhere('nowhere'), 'The database that DATABASE_READ_URL names does not exist'],
  ] as const
  await using open = new AsyncDisposableStack()
  const primary = open.use(openDatabase({ url: pair.url, poolSize: 2, statementTimeout: 30_000 }))
  const told: string[] = []
  const log = Object.assign(createLogger({ logLevel: 'silent', logFormat: 'json' }), {
    warn: (message: string) => told.push(message),
  })
  for (const [url, reason] of strangers) {
    const replica = open.use(
      openReadReplica({
        url,
        primary,
        poolSize: 2,
        statementTimeout: 30_000,
        longestLag: 5000,
        log,
      }),
    )
    await expect
      .poll(() => replica.state)
      .toMatchObject({ reason: expect.stringContaining(reason) })
    await expect.poll(() => told.at(-1)).toContain(reason)
    expect(replica.choose()).toBe(primary.kysely)
  }
})

test('a replica that is killed while it is asked is survived', async () => {
  await readsReplica(server)
  let asking = true
  const reader = async (plantId: number): Promise<number> => {
    let answers = 0
    for (; asking; answers++) {
      // So that each answer is made anew.
      await record(plantId, answers % 60)
      await server.as().ask(WholeStory, { plantId })
    }
    return answers
  }
  const readers = [11, 12, 13].map(reader)
  const answered = Promise.all(readers)
  await sleep(300)
  await pair.standby.kill()
  await expect.poll(() => replicaOf(server)).toMatchObject({ status: 'DEGRADED' })
  asking = false
  for (const answers of await answered) expect(answers).toBeGreaterThan(0)
})
