import { Writable } from 'node:stream'
import { type Kysely, sql } from 'kysely'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { readRaisedAlerts } from '../../src/alerts/alert-state.ts'
import { startAlerts } from '../../src/alerts/alerts.ts'
import { collectSlowQueries } from '../../src/alerts/slow-queries.ts'
import { parseConfig } from '../../src/config.ts'
import { instantOf } from '../../src/database/instant.ts'
import type { Schema } from '../../src/database/schema.ts'
import type { HealthCheck, HealthStatus } from '../../src/system/health.ts'
import { claimSource, noteStored } from '../../src/telemetry/source-state.ts'
import { openTestDatabase } from '../support/database.ts'
import { openReceiver } from './receiver.ts'

const patience = { timeout: 60_000, interval: 20 }

function check(name: string, status: HealthStatus): HealthCheck {
  return { name, status, detail: 'lag 1200 s', latencyMs: 1 }
}

/** What a test makes wrong. */
interface Wrong {
  checks: HealthCheck[]
  bytes: number
  /** Called at each look. */
  onLook: () => void
}

/** A server's alerts, which looks all the time. */
function start(kysely: Kysely<Schema>, webhook: string | undefined, wrong: Partial<Wrong> = {}) {
  const logged: string[] = []
  const destination = new Writable({
    write: (line, _encoding, done) => {
      logged.push(String(line))
      done()
    },
  })
  const state: Wrong = { checks: [], bytes: 0, onLook: () => {}, ...wrong }
  const slowQueries = collectSlowQueries(2000)
  const alerts = startAlerts({
    signs: {
      kysely,
      runChecks: async () => {
        state.onLook()
        return state.checks
      },
      databaseSize: async () => state.bytes,
      disk: undefined,
      slowQueries,
    },
    limits: { staleAfter: 60_000, storageLimit: 20e9, diskFullDays: undefined },
    webhook,
    log: pino({ level: 'debug' }, destination),
    lookEvery: 20,
  })
  return {
    state,
    slowQueries,
    logged,
    [Symbol.asyncDispose]: () => alerts[Symbol.asyncDispose](),
  }
}

/** As if what is wrong had been wrong for two minutes. */
async function letItLast(kysely: Kysely<Schema>): Promise<void> {
  await sql`update solark.alert set bad_since = bad_since - interval '2 minutes' where raised_at is null`.execute(
    kysely,
  )
}

/** As if a thing had not been wrong for so long. */
async function letItBeGone(kysely: Kysely<Schema>, subject: string, minutes = 2): Promise<void> {
  await sql`
    update solark.alert set bad_at = bad_at - ${minutes} * interval '1 minute'
    where subject = ${subject} and raised_at is not null`.execute(kysely)
}

async function retryNow(kysely: Kysely<Schema>): Promise<void> {
  await sql`update solark.alert_message set due_at = now()`.execute(kysely)
}

test('a check that turns and returns is reported twice, with a restart in between', async () => {
  await using database = await openTestDatabase('native')
  await using receiver = await openReceiver()
  const { kysely } = database
  const webhook = `http://127.0.0.1:${receiver.port}/hook`
  const bad = { checks: [check('rollups', 'DEGRADED'), check('pool', 'HEALTHY')] }
  {
    await using _alerts = start(kysely, webhook, bad)
    await vi.waitFor(async () => {
      await letItLast(kysely)
      expect(receiver.taken).toEqual(['RAISED CHECK_FAILING rollups'])
    }, patience)
  }
  expect(receiver.last?.body).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    detail: 'DEGRADED, lag 1200 s',
    text: 'CHECK_FAILING rollups: DEGRADED, lag 1200 s',
  })
  expect(await readRaisedAlerts(kysely)).toMatchObject([{ kind: 'CHECK_FAILING' }])

  // The server was down for a while; then two look at the same time.
  await letItBeGone(kysely, 'rollups', 600)
  await using one = start(kysely, webhook, bad)
  await using other = start(kysely, webhook, bad)
  one.state.checks = [...bad.checks, check('live feed', 'UNHEALTHY')]
  await vi.waitFor(async () => {
    await letItLast(kysely)
    expect(receiver.taken).toContain('RAISED CHECK_FAILING live feed')
  }, patience)
  one.state.checks = [check('live feed', 'UNHEALTHY')]
  other.state.checks = []
  await vi.waitFor(async () => {
    await letItBeGone(kysely, 'rollups')
    expect(receiver.taken).toContain('RESOLVED CHECK_FAILING rollups')
  }, patience)
  expect(receiver.taken).toEqual([
    'RAISED CHECK_FAILING rollups',
    'RAISED CHECK_FAILING live feed',
    'RESOLVED CHECK_FAILING rollups',
  ])
})

test('a silent source, a large database and a slow query are reported, and when they are over', async () => {
  await using database = await openTestDatabase('native')
  await using receiver = await openReceiver()
  const { kysely } = database
  const roof = { name: 'roof', kind: 'modbus', plantId: 7, everyMs: 1000 }
  await claimSource(kysely, roof, { holder: crypto.randomUUID(), heldMs: 3_600_000 })
  const outcome = { readings: 1, duplicates: 0, doubtful: 0 }
  const now = instantOf(new Date())
  await noteStored(kysely, 'roof', { ...outcome, newest: now - 3_600_000_000 })
  await using alerts = start(kysely, `http://127.0.0.1:${receiver.port}`, {
    checks: [check('source: roof', 'DEGRADED')],
    bytes: 20.5e9,
  })
  const statement = 'select pg_sleep($1)'
  alerts.slowQueries.record({ sql: statement, durationMs: 1999 })
  alerts.slowQueries.record({ sql: 'select  pg_sleep($1)', durationMs: 2500 })
  await vi.waitFor(async () => {
    await letItLast(kysely)
    expect([...receiver.taken].sort()).toEqual([
      `RAISED SLOW_QUERY ${statement}`,
      'RAISED SOURCE_SILENT roof',
      'RAISED STORAGE_LIMIT database',
    ])
  }, patience)

  // Within the hour the statement is not reported again.
  await letItBeGone(kysely, statement, 59)
  alerts.slowQueries.record({ sql: statement, durationMs: 3000 })
  const slow = async () =>
    (await readRaisedAlerts(kysely)).find(({ kind }) => kind === 'SLOW_QUERY')?.detail
  await vi.waitFor(async () => expect(await slow()).toMatch(/^took 3\.0 s/), patience)
  await noteStored(kysely, 'roof', { ...outcome, newest: instantOf(new Date()) + 3_600_000_000 })
  alerts.state.bytes = 19e9
  await vi.waitFor(async () => {
    await letItBeGone(kysely, 'roof')
    await letItBeGone(kysely, 'database')
    await letItBeGone(kysely, statement, 61)
    expect(receiver.taken).toHaveLength(6)
  }, patience)
  expect(receiver.taken.slice(3).sort()).toEqual([
    `RESOLVED SLOW_QUERY ${statement}`,
    'RESOLVED SOURCE_SILENT roof',
    'RESOLVED STORAGE_LIMIT database',
  ])
  expect(await readRaisedAlerts(kysely)).toEqual([])
})

test('while the webhook is down nothing is lost or doubled, and the secret in its URL is never shown', async () => {
  await using database = await openTestDatabase('native')
  await using receiver = await openReceiver()
  const { kysely } = database
  const { port } = receiver
  const webhook = `http://robot:hunter2@127.0.0.1:${port}/hunter2?key=hunter2`
  await receiver.stop()
  await using alerts = start(kysely, webhook, { checks: [check('pool', 'DEGRADED')] })
  await vi.waitFor(async () => {
    await letItLast(kysely)
    expect(alerts.logged.join()).toContain('ECONNREFUSED')
  }, patience)
  // It is over before the webhook is back.
  alerts.state.checks = []
  await vi.waitFor(async () => {
    await letItBeGone(kysely, 'pool')
    expect(await readRaisedAlerts(kysely)).toEqual([])
  }, patience)

  receiver.status = 500
  await receiver.start()
  await vi.waitFor(async () => {
    await retryNow(kysely)
    expect(receiver.refused).toBeGreaterThan(1)
  }, patience)
  receiver.status = 200
  await vi.waitFor(async () => {
    await retryNow(kysely)
    expect(alerts.logged.join()).toContain('takes alerts again')
    expect(receiver.taken).toHaveLength(2)
  }, patience)
  expect(receiver.taken).toEqual(['RAISED CHECK_FAILING pool', 'RESOLVED CHECK_FAILING pool'])
  expect(receiver.last).toMatchObject({
    path: '/hunter2?key=hunter2',
    authorization: `Basic ${Buffer.from('robot:hunter2').toString('base64')}`,
  })
  const warnings = alerts.logged.filter((line) => line.includes('does not take alerts'))
  expect(warnings).toHaveLength(1)
  expect(alerts.logged.join()).not.toContain('hunter2')
})

test('while the receiver of an alert does not answer, it is looked on for others', async () => {
  await using database = await openTestDatabase('native')
  await using receiver = await openReceiver()
  receiver.isHanging = true
  const { kysely } = database
  const looksDuring = new Map<number, number>()
  const onLook = () => {
    const { hanging } = receiver
    if (hanging !== undefined) looksDuring.set(hanging, (looksDuring.get(hanging) ?? 0) + 1)
  }
  const wrong = { checks: [check('pool', 'DEGRADED')], onLook }
  await using _alerts = start(kysely, `http://127.0.0.1:${receiver.port}`, wrong)
  await vi.waitFor(async () => {
    await letItLast(kysely)
    expect(Math.max(...looksDuring.values())).toBeGreaterThan(2)
  }, patience)
})

test('after a time in which nobody looked, nothing is over before it was good for a minute', async () => {
  await using database = await openTestDatabase('native')
  await using receiver = await openReceiver()
  const { kysely } = database
  const webhook = `http://127.0.0.1:${receiver.port}`
  {
    await using _alerts = start(kysely, webhook, { checks: [check('pool', 'DEGRADED')] })
    await vi.waitFor(async () => {
      await letItLast(kysely)
      expect(receiver.taken).toHaveLength(1)
    }, patience)
  }
  await letItBeGone(kysely, 'pool', 10)
  let looks = 0
  await using _alerts = start(kysely, webhook, { onLook: () => looks++ })
  await vi.waitFor(() => expect(looks).toBeGreaterThan(3), patience)
  expect(await readRaisedAlerts(kysely)).toMatchObject([{ subject: 'pool' }])
  await vi.waitFor(async () => {
    await letItBeGone(kysely, 'pool')
    expect(receiver.taken).toHaveLength(2)
  }, patience)
  expect(receiver.taken).toEqual(['RAISED CHECK_FAILING pool', 'RESOLVED CHECK_FAILING pool'])
})

test('an alert that the receiver refuses for good is dropped, and those behind it are sent', async () => {
  await using database = await openTestDatabase('native')
  await using receiver = await openReceiver()
  const { kysely } = database
  receiver.status = 404
  const webhook = `http://127.0.0.1:${receiver.port}/hunter2`
  await using alerts = start(kysely, webhook, { checks: [check('pool', 'DEGRADED')] })
  await vi.waitFor(async () => {
    await letItLast(kysely)
    await retryNow(kysely)
    expect(receiver.refused).toBeGreaterThan(4)
  }, patience)
  expect(alerts.logged.join()).not.toContain('is dropped')
  receiver.status = 422
  await vi.waitFor(async () => {
    await retryNow(kysely)
    expect(alerts.logged.join()).toContain('is dropped')
  }, patience)
  receiver.status = 200
  alerts.state.checks = []
  await vi.waitFor(async () => {
    await letItBeGone(kysely, 'pool')
    expect(receiver.taken).toEqual(['RESOLVED CHECK_FAILING pool'])
  }, patience)
  expect(alerts.logged.join()).not.toContain('hunter2')
})

test('a server without a webhook keeps the state, and leaves nothing to be sent', async () => {
  await using database = await openTestDatabase('native')
  const { kysely } = database
  await using _alerts = start(kysely, undefined, { checks: [check('pool', 'DEGRADED')] })
  await vi.waitFor(async () => {
    await letItLast(kysely)
    expect(await readRaisedAlerts(kysely)).toMatchObject([{ subject: 'pool' }])
  }, patience)
  const { rows } = await sql`select from solark.alert_message`.execute(kysely)
  expect(rows).toEqual([])
})

test('settings of alerts are parsed, and refused without the secret of the webhook', () => {
  expect(
    parseConfig({
      ALERT_WEBHOOK: 'https://alerts.example/hook',
      STORAGE_LIMIT: '1.5 TB',
      SLOW_QUERY: 'PT2S',
      DISK_FULL_DAYS: '14',
    }).alerts,
  ).toEqual({
    webhook: 'https://alerts.example/hook',
    storageLimit: 1.5e12,
    slowQuery: 2000,
    diskFullDays: 14,
  })
  const refuse = () =>
    parseConfig({
      ALERT_WEBHOOK: 'ftp://alerts.example/hunter2',
      STORAGE_LIMIT: '20 gigabytes',
      DATABASE_URL: 'postgres://solar@db/solar',
      DISK_FULL_DAYS: '14',
      SLOW_QUERY: 'PT30S',
    })
  for (const name of ['ALERT_WEBHOOK', 'STORAGE_LIMIT', 'DISK_FULL_DAYS', 'SLOW_QUERY']) {
    expect(refuse).toThrow(new RegExp(`^  ${name}: expected`, 'm'))
  }
  expect(refuse).not.toThrow(/hunter2/)
  const halfEncoded = () => parseConfig({ ALERT_WEBHOOK: 'https://user:50%hunter2@alerts.example' })
  expect(halfEncoded).toThrow(/ALERT_WEBHOOK: expected .*%25/)
  expect(halfEncoded).not.toThrow(/hunter2/)
  expect(
    parseConfig({ ALERT_WEBHOOK: 'https://user:50%25off@alerts.example' }).alerts.webhook,
  ).toBe('https://user:50%25off@alerts.example')
})
