import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from 'graphql-ws'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { followReadings } from '../../examples/follow-readings.ts'
import { openTestDatabase } from '../support/database.ts'
import { hasPgBouncer, openPgBouncer } from '../support/pgbouncer.ts'
import { run } from '../support/program.ts'
import { openDataFolder, openServer, type Server } from '../support/server.ts'
import { HealthReport, LatestReading, LiveReadings, SendReadings, Totals } from './operations.ts'

const CONNECTIONS = 5
const STARTED = Date.UTC(2026, 5, 1)

/** Sends readings of one plant, one by one, and asks something in between. Answers how many it sent. */
async function keepBusy(server: Server, plantId: number, signal: AbortSignal): Promise<number> {
  const client = server.as(server.adminToken)
  let second = 0
  for (; !signal.aborted; second++) {
    const timestamp = new Date(STARTED + second * 1000).toISOString()
    const { recordTelemetry } = await client.ask(SendReadings, {
      readings: [{ plantId, timestamp, soc: 50 }],
    })
    expect(recordTelemetry.inserted).toBe(1)
    if (second % 2 === 0) await client.ask(Totals)
    else await client.ask(LatestReading)
  }
  return second
}

test.skipIf(!hasPgBouncer)(
  'behind a PgBouncer that lends connections by the transaction, telemetry is exact, health says what is missing, and the commands work',
  { timeout: 240_000 },
  async () => {
    await using direct = await openTestDatabase('native', { migrated: false })
    await using pooler = await openPgBouncer(direct.url, CONNECTIONS)
    const environment = { DATABASE_URL: pooler.url, MIGRATE_ON_START: 'true' }
    await using stack = new AsyncDisposableStack()
    const one = stack.use(await openServer(environment))
    const other = stack.use(await openServer(environment))
    const servers = [one, other]
    for (const server of servers) {
      const feedOf = async () =>
        (await server.as().ask(HealthReport)).health.checks.find(({ name }) => name === 'live feed')
      await expect.poll(feedOf).toMatchObject({
        status: 'DEGRADED',
        detail: expect.stringMatching(/pooler.*passes no notifications on/),
      })
    }

    const followers = servers.map(({ url }) => {
      const received: string[] = []
      const ends: unknown[] = []
      const client = createClient({ url: `${url.replace('http', 'ws')}/graphql` })
      followReadings(
        client,
        {},
        {
          onReadings: (edges) => {
            for (const { node } of edges) received.push(`${node.plant.plantId} ${node.timestamp}`)
          },
          onEnd: (reason) => ends.push(reason),
        },
      )
      stack.defer(() => client.dispose())
      return { received, ends }
    })
    const announce = async () => {
      await sql`
        insert into solark.telemetry (plant_id, timestamp) values (99, clock_timestamp())`.execute(
        direct.kysely,
      )
      return followers.every(({ received }) => received.length > 0)
    }
    await expect.poll(announce, { interval: 200 }).toBe(true)

    await using folder = await openDataFolder()
    const file = join(folder.path, 'one.csv')
    await writeFile(file, 'plant_id,timestamp,soc\n70,2026-06-01T00:00:00Z,1\n')

    const done = new AbortController()
    const busy = Promise.all(
      servers.flatMap((server, index) =>
        [1, 2, 3].map((plantId) => keepBusy(server, 10 * index + plantId, done.signal)),
      ),
    )
    const command = (...words: string[]) => run(words, environment)
    const successful = { code: 0 }
    // A transaction that takes its number early, and is committed after many others.
    await direct.kysely.transaction().execute(async (transaction) => {
      await sql`insert into solark.telemetry (plant_id, timestamp) values (98, now())`.execute(
        transaction,
      )
      for (let count = 0; count < 2; count++) {
        expect(await command('migrate')).toMatchObject(successful)
        expect(await command('retention', '--days', '4000')).toMatchObject(successful)
      }
    })
    expect(await command('import', file)).toMatchObject(successful)
    done.abort()
    const sent = (await busy).reduce((sum, count) => sum + count)
    expect(await command('rollup')).toMatchObject(successful)
    expect(await command('rollup', '--verify')).toMatchObject(successful)
    const exported = await command('export', '-')
    expect(exported.code).toBe(0)

    const { rows: stored } = await sql<{ reading: string }>`
      select plant_id || ' ' || to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as reading
      from solark.telemetry where plant_id not in (70, 99)`.execute(direct.kysely)
    expect(stored).toHaveLength(sent + 1)
    expect(exported.stdout.trim().split('\n').length).toBeGreaterThan(stored.length)
    const others = (readings: string[]) => readings.filter((reading) => !/^(70|99) /.test(reading))
    for (const { received } of followers) {
      await expect.poll(() => others(received).length).toBe(stored.length)
      expect(others(received).toSorted()).toEqual(stored.map(({ reading }) => reading).toSorted())
    }
    expect(followers.map(({ ends }) => ends)).toEqual([[], []])
    const [first, second] = followers.map(({ received }) => others(received))
    expect(first).toEqual(second)

    await using live = one.as().subscribe(LiveReadings, { plantId: 1 })
    await live.next()
    await sql`insert into solark.telemetry (plant_id, timestamp, soc) values (1, now(), 77)`.execute(
      direct.kysely,
    )
    expect((await live.next()).latestEnergy.soc).toBe(77)
    const { rows: locks } = await sql`
      select from pg_locks join pg_database on pg_database.oid = pg_locks.database
      where locktype = 'advisory' and datname = current_database()`.execute(direct.kysely)
    expect(locks).toEqual([])
  },
)
