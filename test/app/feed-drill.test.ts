import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { createClient } from 'graphql-ws'
import pg from 'pg'
import { expect, test } from 'vitest'
import { followReadings } from '../../examples/follow-readings.ts'
import { openEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.ts'
import { createLogger } from '../../src/log.ts'
import { killPostgres, postgresPid } from '../database/embedded/postgres-process.ts'
import { openDataFolder, openServer, type Server } from '../support/server.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })

const WRITERS = 4
const FOLLOWERS = 6

const blow = fc.record({
  to: fc.constantFrom('PostgreSQL', 'a server', 'the listeners', 'some clients'),
  server: fc.nat(1),
  afterMs: fc.integer({ min: 100, max: 1500 }),
})

/** The example of a client, which says what it received. */
function openFollower(serverUrls: readonly string[]) {
  const received: string[] = []
  const ends: unknown[] = []
  const client = createClient({
    // Whichever server answers.
    url: () => serverUrls[Math.floor(Math.random() * serverUrls.length)] ?? '',
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: () => sleep(50),
    shouldRetry: () => true,
  })
  const stop = followReadings(
    client,
    {},
    {
      onReadings: (edges) => {
        for (const { node } of edges) received.push(`${node.plant.plantId} ${node.timestamp}`)
      },
      onEnd: (reason) => ends.push(reason),
    },
  )
  return {
    received,
    ends,
    cut: () => client.terminate(),
    [Symbol.asyncDispose]: async () => {
      await client.dispose()
      stop()
    },
  }
}

/** Writes readings of one plant in transactions that last, overlap and sometimes roll back, until it is stopped. */
function startWriter(url: string, plantId: number) {
  let stopped = false
  let second = 0
  const writeOn = async (): Promise<void> => {
    const client = new pg.Client(url)
    client.on('error', () => {})
    await client.connect()
    try {
      while (!stopped) {
        await client.query('begin')
        for (let count = Math.ceil(Math.random() * 3); count > 0; count--) {
          second += 1
          await client.query(
            `insert into solark.telemetry (plant_id, timestamp, soc)
             values ($1, timestamptz '2026-06-21' + $2 * interval '1 second', 50)`,
            [plantId, second],
          )
          await sleep(Math.random() * 20)
        }
        await client.query(Math.random() < 0.2 ? 'rollback' : 'commit')
      }
    } finally {
      await client.end().catch(() => {})
    }
  }
  const writing = (async () => {
    while (!stopped) {
      // PostgreSQL was killed: whether the last transaction was committed, the table tells.
      await writeOn().catch(() => sleep(50))
    }
  })()
  return {
    [Symbol.asyncDispose]: async () => {
      stopped = true
      await writing
    },
  }
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

test('servers, PostgreSQL, listeners and clients are cut down at random: each subscriber receives every committed reading once, all in the same order', {
  timeout: 240_000,
}, async () => {
  const holds = fc.asyncProperty(
    fc.array(blow, { minLength: 12, maxLength: 12 }),
    async (blows) => {
      await using folder = await openDataFolder()
      await using postgres = await openEmbeddedPostgres({
        dataDir: folder.path,
        role: 'server',
        log,
      })
      const start = (dataDir: string, port = 0) =>
        openServer({
          HELIOGRAPH_DATA_DIR: dataDir,
          DATABASE_URL: postgres.url,
          MIGRATE_ON_START: 'true',
          PORT: `${port}`,
        })
      await using one = await openDataFolder()
      await using other = await openDataFolder()
      const servers: Server[] = [await start(one.path), await start(other.path)]
      await using stack = new AsyncDisposableStack()
      stack.defer(async () => {
        for (const server of servers) await server[Symbol.asyncDispose]()
      })
      const urls = servers.map(({ url }) => `${url.replace('http', 'ws')}/graphql`)
      const followers = Array.from({ length: FOLLOWERS }, () => stack.use(openFollower(urls)))
      // A first reading gives everybody a cursor, so that all of what follows is owed to them.
      const announceStart = async () => {
        await query(
          postgres.url,
          'insert into solark.telemetry (plant_id, timestamp) values (99, now()) on conflict do nothing',
        )
        return followers.every(({ received }) => received.length > 0)
      }
      await expect.poll(announceStart, { timeout: 30_000, interval: 200 }).toBe(true)
      {
        await using writers = new AsyncDisposableStack()
        for (let plantId = 1; plantId <= WRITERS; plantId++) {
          writers.use(startWriter(postgres.url, plantId))
        }
        for (const { to, server: index, afterMs } of blows) {
          await sleep(afterMs)
          const server = servers[index]
          if (to === 'PostgreSQL') {
            // It may still be down from the last blow.
            while ((await postgresPid(folder.path)) === undefined) await sleep(5)
            await killPostgres(folder.path)
          } else if (to === 'some clients')
            for (const follower of followers.slice(index)) follower.cut()
          else if (to === 'a server' && server !== undefined) {
            server.program.kill('SIGKILL')
            await server.program.exited.catch(() => {})
            servers[index] = await start(server.dataDir, server.port)
          } else {
            await query(
              postgres.url,
              `select pg_terminate_backend(pid) from pg_stat_activity
             where application_name = 'heliograph live feed'`,
            ).catch(() => {})
          }
        }
      }
      // PostgreSQL may have been killed just now.
      let stored: { reading: string }[] = []
      await expect
        .poll(
          async () => {
            stored = await query<{ reading: string }>(
              postgres.url,
              `select plant_id || ' ' || to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as reading
               from solark.telemetry where plant_id <> 99`,
            ).catch(() => [])
            return stored.length
          },
          { timeout: 30_000 },
        )
        .toBeGreaterThan(50)
      const owed = new Set(stored.map(({ reading }) => reading))
      const ofWriters = followers.map(
        ({ received }) =>
          () =>
            received.filter((reading) => !reading.startsWith('99 ')),
      )
      for (const [index, readings] of ofWriters.entries()) {
        await expect
          .poll(() => [followers[index]?.ends, owed.difference(new Set(readings())).size], {
            timeout: 60_000,
          })
          .toEqual([[], 0])
      }
      const [first, ...others] = ofWriters.map((readings) => readings())
      expect(first).toHaveLength(owed.size)
      for (const readings of others) expect(readings).toEqual(first)
      expect(followers.flatMap(({ ends }) => ends)).toEqual([])
    },
  )
  await fc.assert(holds, { numRuns: 2, endOnFailure: true })
})
