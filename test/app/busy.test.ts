import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { openServer, type Server } from '../support/server.ts'
import {
  EveryPlant,
  HealthReport,
  HourlyChart,
  LatestReading,
  LiveCharge,
  PageOfReadings,
  SendReadings,
} from './operations.ts'

const NAME = 'the server under test'
const POOL_SIZE = 2
/** The live feed's, and those for what the server itself asks. */
const OTHERS = 1 + 8

let database: TestDatabase
let server: Server
let admin: Client
beforeAll(async () => {
  database = await openTestDatabase('native')
  const url = new URL(database.url)
  url.searchParams.set('application_name', NAME)
  server = await openServer({
    DATABASE_URL: url.href,
    DATABASE_POOL_SIZE: `${POOL_SIZE}`,
    // Longer than the five seconds that a request waits for a connection, also on a machine that is busy itself.
    STATEMENT_TIMEOUT: 'PT9S',
  })
  admin = server.as(server.adminToken)
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** Makes charts wait, and nothing else that is asked here, until the work is done. */
async function whileChartsAreLocked(work: () => Promise<void>): Promise<void> {
  await using session = await database.openSession('test')
  await session.kysely.transaction().execute(async (transaction) => {
    await sql`lock table solark.rollup_hour in access exclusive mode`.execute(transaction)
    await work()
  })
}

/** The states of the server's connections to the database. */
async function connectionStates(): Promise<string[]> {
  const { rows } = await sql<{ state: string }>`
    select state from pg_stat_activity
    where application_name = ${NAME} and datname = current_database()`.execute(database.kysely)
  return rows.map(({ state }) => state)
}

async function checksOf(): Promise<Map<string, { status: string; detail?: string | null }>> {
  const { health } = await admin.ask(HealthReport)
  return new Map(health.checks.map((check) => [check.name, check]))
}

test('where slow queries hold every connection, requests are told BUSY, and health, probes and subscribers go on', async () => {
  const insert = (soc: number) =>
    sql`insert into solark.telemetry (plant_id, soc) values (1, ${soc})`.execute(database.kysely)
  await insert(1)
  await using live = server.as().subscribe(LiveCharge, { plantId: 1 })
  expect((await live.next()).latestEnergy.soc).toBe(1)

  await whileChartsAreLocked(async () => {
    const slow = [1, 2].map(() => admin.fail(HourlyChart, { plantId: 1 }))
    await expect.poll(async () => (await checksOf()).get('pool')?.detail).toMatch(/^2 of 2/)
    const waiting = [1, 2, 3].map(() => admin.fail(PageOfReadings))
    await expect
      .poll(async () => (await checksOf()).get('pool'))
      .toMatchObject({
        status: 'DEGRADED',
        detail: expect.stringMatching(/^all 2 connections in use; 3 requests wait, the first for/),
      })
    const { pool, ...others } = Object.fromEntries(await checksOf())
    expect(pool?.status).toBe('DEGRADED')
    for (const [name, { status }] of Object.entries(others)) expect(status, name).toBe('HEALTHY')
    for (const path of ['livez', 'readyz', 'health']) {
      expect((await fetch(`${server.url}/${path}`)).status, path).toBe(200)
    }
    await insert(2)
    const arrives = live.next().then(({ latestEnergy }) => latestEnergy.soc)
    expect(await Promise.race([arrives, ...slow, ...waiting])).toBe(2)
    for (const refused of waiting) {
      const [error] = await refused
      expect(error?.extensions.code).toBe('BUSY')
      expect(error?.message).toMatch(/^No connection .* all 2 are in use, .* DATABASE_POOL_SIZE$/)
    }
    for (const refused of slow) {
      expect((await refused)[0]?.extensions.code).toBe('QUERY_TIMEOUT')
    }
  })
  expect((await checksOf()).get('pool')).toMatchObject({ status: 'HEALTHY' })
  expect((await admin.ask(HourlyChart, { plantId: 1 })).history.points).toHaveLength(24)
})

test('more requests at once than can be served are told BUSY, and nobody who waits is lost', async () => {
  await whileChartsAreLocked(async () => {
    // A chart that was answered a moment ago would be answered from memory.
    const slow = [1, 2].map(() => admin.fail(HourlyChart, { plantId: 1, bucket: 'PT2H' }))
    await expect.poll(async () => (await checksOf()).get('pool')?.detail).toMatch(/^2 of 2/)
    const refused = await Promise.race(
      Array.from({ length: 300 }, async () => (await admin.fail(LatestReading))[0]),
    )
    expect(refused?.extensions.code).toBe('BUSY')
    expect(refused?.message).toMatch(/\d+ requests (of this client )?wait/)
    await Promise.all(slow)
  })
})

/** What a request may ask, and whether the answer is right. */
const questions = {
  plants: async () => (await admin.ask(EveryPlant)).plants.some(({ plantId }) => plantId === 1),
  latest: async () => (await admin.ask(LatestReading, { plantId: 1 })).latestEnergy?.soc === 2,
  page: async () => (await admin.ask(PageOfReadings, { plantId: 1 })).telemetry.nodes.length === 2,
  chart: async () => (await admin.ask(HourlyChart, { plantId: 1 })).history.points.length === 24,
}
let recorded = 0
let acknowledged = 0
async function record(): Promise<boolean> {
  const timestamp = new Date(Date.UTC(2026, 0, 1) + 1000 * recorded++).toISOString()
  const { recordTelemetry } = await admin.ask(SendReadings, {
    readings: [{ plantId: 2, timestamp, soc: 50 }],
  })
  acknowledged += recordTelemetry.inserted
  return recordTelemetry.inserted === 1
}

test('of 50 requests at once on two connections, each gets its answer, BUSY or QUERY_TIMEOUT, whatever is slow', async () => {
  const asks = { ...questions, record }
  const names = Object.keys(asks) as (keyof typeof asks)[]
  const codes = new Set<string>()
  const outcomeOf = async (name: keyof typeof asks) => {
    try {
      return (await asks[name]()) ? 'answered' : `a wrong answer about ${name}`
    } catch (error) {
      const [, code = `${error}`] = /"code":"(\w+)"/.exec(String(error)) ?? []
      return code
    }
  }
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...names), { minLength: 50, maxLength: 50 }),
      fc.constantFrom(0, 300, 6500, 'until all are told' as const),
      async (asked, locked) => {
        let outcomes: Promise<string[]> = Promise.resolve([])
        await whileChartsAreLocked(async () => {
          outcomes = Promise.all(asked.map(outcomeOf))
          await (typeof locked === 'number' ? sleep(locked) : outcomes)
        })
        for (const outcome of await outcomes) {
          codes.add(outcome)
          expect(['answered', 'BUSY', 'QUERY_TIMEOUT']).toContain(outcome)
        }
      },
    ),
    {
      numRuns: 4,
      examples: [[names.flatMap((name) => Array(10).fill(name)), 'until all are told']],
    },
  )
  // Whether somebody waits so long for a connection that it is BUSY depends on the machine.
  expect([...codes]).toEqual(expect.arrayContaining(['answered', 'QUERY_TIMEOUT']))

  const { rows } = await sql<{ stored: number }>`
    select count(*) as stored from solark.telemetry where plant_id = 2`.execute(database.kysely)
  expect(rows).toEqual([{ stored: acknowledged }])
  await expect
    .poll(async () => (await checksOf()).get('pool')?.detail)
    .toBe('0 of 2 connections in use')
  await expect.poll(async () => new Set(await connectionStates())).toEqual(new Set(['idle']))
  expect((await connectionStates()).length).toBeLessThanOrEqual(POOL_SIZE + OTHERS)
}, 120_000)
