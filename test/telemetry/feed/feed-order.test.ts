import fc from 'fast-check'
import { sql } from 'kysely'
import pg from 'pg'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/database/database.ts'
import { Fault } from '../../../src/fault.ts'
import { createLogger } from '../../../src/log.ts'
import type { FedReading } from '../../../src/telemetry/changes/position.ts'
import { encodeFeedCursor } from '../../../src/telemetry/feed/feed-cursor.ts'
import { type LiveFeed, openLiveFeed } from '../../../src/telemetry/feed/live-feed.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { createTemplate, openNative } from '../../support/native.ts'
import { openTemporaryClusters } from '../../support/temporary-clusters.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })

const WRITERS = 3
const PLANTS = 3
const SUBSCRIBERS = 4

const writer = fc.nat(WRITERS - 1)
const step = fc.oneof(
  // In a transaction of the writer, if it has begun one. Readings of the same time replace each other.
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      writer,
      plantId: fc.integer({ min: 1, max: PLANTS }),
      seconds: fc.array(fc.nat(7200), { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('begin' as const), writer }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('commit' as const), writer }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('roll back' as const), writer }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('begin and write nothing' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('roll up' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut off the listeners' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(120) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('come back' as const),
      subscriber: fc.nat(SUBSCRIBERS - 1),
      server: fc.nat(1),
      maxBatch: fc.constantFrom(1, 2, 500),
    }),
  },
)

/** A subscriber that can end its subscription at any moment and resume elsewhere with its cursor. */
function openSubscriber() {
  const received: FedReading[] = []
  let cursor: string | undefined
  let current: AsyncIterator<unknown> | undefined
  let reading = Promise.resolve()
  const failures: unknown[] = []

  return {
    received,
    failures,
    comeBack: async ({ telemetry }: LiveFeed, maxBatch: number) => {
      await current?.return?.()
      await reading
      const batches = await whenReached(() =>
        telemetry.subscribe({ plantId: undefined, after: cursor, maxBatch }),
      )
      current = batches
      reading = (async () => {
        for await (const { generation, readings } of batches) {
          received.push(...readings)
          const last = readings.at(-1)
          if (last !== undefined) cursor = encodeFeedCursor(last, generation)
        }
      })().catch((error: unknown) => {
        failures.push(error)
      })
    },
    leave: async () => {
      await current?.return?.()
      await reading
    },
  }
}

/**
 * Tries again while the database counts as away: for a moment it does if a listener is cut off that is just connecting.
 */
async function whenReached<Value>(run: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'DATABASE_UNAVAILABLE')) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function connect(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client(url)
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

test('whoever writes in whatever order, every subscriber receives each committed reading once, in one order', {
  timeout: 240_000,
}, async () => {
  // A transaction in any database of a cluster holds the feed up, so that the imports of other tests would, too.
  await using clusters = await openTemporaryClusters()
  const postgres = await clusters.start(await clusters.create('feed-order'))
  await using template = await createTemplate(postgres.url)
  const holds = fc.asyncProperty(
    fc.array(step, { minLength: 10, maxLength: 60 }),
    async (steps) => {
      await using database = await openNative(postgres.url, template.name)
      await using other = openDatabase({
        url: database.url,
        poolSize: 4,
        statementTimeout: 10_000,
      })
      const options = { slowClientTimeout: 60_000, log }
      await using first = openLiveFeed(database, options)
      await using second = openLiveFeed(other, options)
      const servers = [first, second]
      await using writers = new AsyncDisposableStack()
      const clients: pg.Client[] = []
      for (let number = 0; number < WRITERS; number++) {
        clients.push(writers.use(await connect(database.url)))
      }
      await using bystander = await connect(database.url)
      const open = new Set<number>()
      let bystanding = false

      // All subscribers have a cursor from the start, so each must receive everything that follows.
      const subscribers = Array.from({ length: SUBSCRIBERS }, openSubscriber)
      for (const subscriber of subscribers) await subscriber.comeBack(first, 500)
      await sql`insert into solark.telemetry (plant_id, timestamp, soc) values (99, now(), 1)`.execute(
        database.kysely,
      )
      await expect.poll(() => subscribers.every(({ received }) => received.length === 1)).toBe(true)

      for (const action of steps) {
        switch (action.do) {
          case 'begin':
            if (!open.has(action.writer)) {
              await clients[action.writer]?.query('begin; select pg_current_xact_id()')
              open.add(action.writer)
            }
            break
          case 'write':
            // Each writer has its own plants, so that none waits for another.
            await clients[action.writer]?.query(
              `insert into solark.telemetry (plant_id, timestamp, soc)
             select $1, timestamptz '2026-06-21' + second * interval '1 second', 50
             from unnest($2::integer[]) as second
             group by second
             on conflict (plant_id, timestamp) do update set soc = excluded.soc`,
              [action.writer * PLANTS + action.plantId, action.seconds],
            )
            break
          case 'commit':
          case 'roll back':
            await clients[action.writer]?.query(action.do === 'commit' ? 'commit' : 'rollback')
            open.delete(action.writer)
            break
          case 'begin and write nothing':
            await bystander.query(bystanding ? 'rollback' : 'begin; select pg_current_xact_id()')
            bystanding = !bystanding
            break
          case 'roll up':
            await whenReached(() => rollUp(database.kysely))
            break
          case 'cut off the listeners':
            await whenReached(() =>
              sql`
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name = 'heliograph live feed'`.execute(
                database.kysely,
              ),
            )
            break
          case 'wait':
            await new Promise((resolve) => setTimeout(resolve, action.ms))
            break
          case 'come back': {
            const server = servers[action.server]
            if (server !== undefined) {
              await subscribers[action.subscriber]?.comeBack(server, action.maxBatch)
            }
            break
          }
        }
      }
      for (const client of [...clients, bystander]) await client.query('rollback')

      const { rows: stored } = await whenReached(() =>
        sql<{ key: string }>`
      select txid || ' ' || plant_id || ' ' || extract(epoch from timestamp)::bigint as key
      from solark.telemetry`.execute(database.kysely),
      )
      const owed = new Set(stored.map(({ key }) => key))
      const keyOf = ({ txid, plantId, timestamp }: FedReading) =>
        `${txid} ${plantId} ${Math.round(timestamp / 1_000_000)}`
      for (const { received, failures, leave } of subscribers) {
        // What was replaced before it was sent is missing. What is stored now was sent, once.
        await expect
          .poll(() => [failures, owed.difference(new Set(received.map(keyOf)))])
          .toEqual([[], new Set()])
        await leave()
        expect(new Set(received.map(keyOf)).size).toBe(received.length)
        const inOrder = received.toSorted(
          (one, next) =>
            one.txid - next.txid || one.plantId - next.plantId || one.timestamp - next.timestamp,
        )
        expect(received.map(keyOf)).toEqual(inOrder.map(keyOf))
      }
    },
  )
  await fc.assert(holds, { numRuns: 25, endOnFailure: true })
})
