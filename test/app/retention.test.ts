import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { createLogger } from '../../src/log.ts'
import { startRetention } from '../../src/telemetry/retention/schedule.ts'
import { graphql } from '../generated/gql.ts'
import { openTestApi } from '../support/api.ts'
import { engines } from '../support/database.ts'
import { hasHypertable } from '../support/hypertable.ts'
import { openServer } from '../support/server.ts'
import { course, HOUR, store } from '../telemetry/retention/past.ts'
import { HealthReport } from './operations.ts'

const InForce = graphql(`
  query InForce {
    schemaStatus {
      storage {
        retention
        rollupRetention
        compressAfter
        compressionReason
      }
      hypertables {
        name
        retention
        compressionEnabled
      }
    }
  }
`)

const silent = createLogger({ logLevel: 'silent', logFormat: 'json' })

describe.each(engines)('on %s', (engine) => {
  test('a server drops what is too old by itself, and tells what it did and what is in force', async () => {
    const retention = { readings: 30, rollups: 365, compressAfter: 7 }
    await using api = await openTestApi(engine, { retention })
    const compresses = hasHypertable(engine)
    const check = async () =>
      (await api.ask(HealthReport)).health.checks.find(({ name }) => name === 'retention')
    expect((await check())?.detail).toMatch('has not run yet')

    const readings = course([1], { from: 75, to: 0, every: HOUR })
    await store(api.database.kysely, readings)
    {
      await using _ = startRetention(api.database, {
        policy: retention,
        log: silent,
        firstAfter: 0,
      })
      await expect.poll(check, { timeout: 50_000 }).toMatchObject({
        // A regular table cannot be compressed.
        status: compresses ? 'HEALTHY' : 'DEGRADED',
        detail: expect.stringMatching(/Z: \d+ readings (in \d chunks )?dropped/),
      })
    }
    expect((await check())?.detail).toMatch(
      compresses ? /\d chunks? compressed$/ : /COMPRESS_AFTER_DAYS is not in force: .*TimescaleDB/,
    )

    const { storage, hypertables } = (await api.ask(InForce)).schemaStatus
    expect(storage).toEqual({
      retention: 'P30D',
      rollupRetention: 'P365D',
      compressAfter: compresses ? 'P7D' : null,
      compressionReason: compresses ? null : expect.stringContaining('TimescaleDB'),
    })
    expect(hypertables).toEqual(
      compresses ? [{ name: 'telemetry', retention: 'P30D', compressionEnabled: true }] : [],
    )
  })
})

// Nothing refuses to drop a chunk.
test.skipIf(hasHypertable('native'))(
  'what a run could not do is in health and in the log, and the next run does it',
  async () => {
    const retention = { readings: 30, rollups: undefined, compressAfter: undefined }
    await using api = await openTestApi('native', { retention })
    const { kysely } = api.database
    const check = async () =>
      (await api.ask(HealthReport)).health.checks.find(({ name }) => name === 'retention')
    const logged: unknown[] = []
    const log = createLogger({ logLevel: 'silent', logFormat: 'json' })
    log.error = (...words: unknown[]) => logged.push(words)
    const start = () => startRetention(api.database, { policy: retention, log, firstAfter: 0 })

    await store(kysely, course([1], { from: 40, to: 0, every: HOUR }))
    await sql`
    create function refuse() returns trigger language plpgsql as $$
    begin raise exception 'nothing goes'; end $$`.execute(kysely)
    await sql`
    create trigger refuse before delete on solark.telemetry
    for each row execute function refuse()`.execute(kysely)
    {
      await using _ = start()
      await expect.poll(check).toMatchObject({
        status: 'DEGRADED',
        detail: expect.stringMatching(/failed: nothing goes/),
      })
      await expect
        .poll(() => logged)
        .toMatchObject([[{ err: { message: 'nothing goes' } }, expect.any(String)]])
    }

    await sql`drop trigger refuse on solark.telemetry`.execute(kysely)
    await using _ = start()
    await expect.poll(check).toMatchObject({
      status: 'HEALTHY',
      detail: expect.stringMatching(/240 readings dropped/),
    })
  },
)

test('a server with a policy has the check, survives a restart, and ends while it waits for its first run', async () => {
  await using api = await openTestApi('native')
  await store(api.database.kysely, course([1], { from: 40, to: 0, every: HOUR }))
  const environment = { DATABASE_URL: api.database.url, RETENTION_DAYS: '30' }
  {
    await using session = await api.database.openSession('test')
    await sql`
      insert into solark.retention_run (readings, chunks, tiles, compressed)
      values (17, 0, 0, 0)`.execute(session.kysely)
  }
  await using server = await openServer(environment)
  const { health } = await server.as(server.adminToken).ask(HealthReport)
  expect(health.checks.find(({ name }) => name === 'retention')).toMatchObject({
    status: 'HEALTHY',
    detail: expect.stringContaining('17 readings dropped'),
  })
})
