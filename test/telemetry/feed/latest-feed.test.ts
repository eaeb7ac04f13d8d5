import { sql } from 'kysely'
import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { openDatabase } from '../../../src/database/database.ts'
import { createLogger } from '../../../src/log.ts'
import { type LiveFeed, openLiveFeed } from '../../../src/telemetry/feed/live-feed.ts'
import type { StoredReading } from '../../../src/telemetry/reading.ts'
import { engines, openTestDatabase, type TestDatabase } from '../../support/database.ts'

const log = createLogger({ logLevel: 'silent', logFormat: 'json' })
let disposables: AsyncDisposable[] = []
afterEach(async () => {
  for (const disposable of disposables.toReversed()) await disposable[Symbol.asyncDispose]()
  disposables = []
})

function keep<Value extends AsyncDisposable>(value: Value): Value {
  disposables.push(value)
  return value
}

async function openListeningFeed(database: TestDatabase): Promise<LiveFeed> {
  const feed = keep(openLiveFeed(database, { slowClientTimeout: 10_000, log }))
  await expect.poll(() => feed.hearing).toBe('listening')
  return feed
}

/** Writes with plain SQL, like programs other than this one. */
async function write(
  { kysely }: Pick<TestDatabase, 'kysely'>,
  plantId: number,
  second: number,
  soc: number,
): Promise<void> {
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc)
    values (${plantId}, timestamptz '2026-06-21' + ${second} * interval '1 second', ${soc})`.execute(
    kysely,
  )
}

async function take(
  readings: AsyncIterator<StoredReading>,
  count: number,
): Promise<[number, number | null][]> {
  const taken: [number, number | null][] = []
  while (taken.length < count) {
    const { value, done } = await readings.next()
    if (done) break
    taken.push([value.plantId, value.soc])
  }
  return taken
}

describe.each(engines)('latestEnergy on %s', (engine) => {
  test('gives the newest reading at once, then each newer one, of a plant or of all', async () => {
    const database = keep(await openTestDatabase(engine))
    await write(database, 1, 0, 10)
    await write(database, 2, 5, 20)
    const feed = await openListeningFeed(database)
    const one = feed.latest.subscribe({ plantId: 1 })
    const all = feed.latest.subscribe({})
    expect(feed.subscriptions).toBe(2)
    expect(await take(one, 1)).toEqual([[1, 10]])
    expect((await take(all, 2)).sort()).toEqual([
      [1, 10],
      [2, 20],
    ])

    await write(database, 2, 6, 21)
    expect(await take(all, 1)).toEqual([[2, 21]])
    // Late: stored, not pushed.
    await write(database, 1, -60, 9)
    await write(database, 1, 1, 11)
    expect(await take(one, 1)).toEqual([[1, 11]])
    expect(await take(all, 1)).toEqual([[1, 11]])

    await one.return?.()
    await all.return?.()
    expect(feed.subscriptions).toBe(0)
  })

  test('reads once for a commit, however many plants it has and however many follow them', async () => {
    const database = keep(await openTestDatabase(engine))
    const plants = Array.from({ length: 100 }, (_, index) => index + 1)
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc)
      select plant, '2026-06-21', 1 from unnest(${plants}::integer[]) as plant`.execute(
      database.kysely,
    )
    let reads = 0
    const reserved = database.reserved.withPlugin({
      transformQuery: ({ node }) => {
        reads += 1
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const feed = keep(openLiveFeed({ ...database, reserved }, { slowClientTimeout: 10_000, log }))
    await expect.poll(() => feed.hearing).toBe('listening')
    const followers = plants.flatMap((plantId) => [
      { count: 1, feed: feed.latest.subscribe({ plantId }) },
      { count: plants.length, feed: feed.latest.subscribe({}) },
    ])
    for (const { count, feed } of followers) await take(feed, count)
    reads = 0
    await sql`
      insert into solark.telemetry (plant_id, timestamp, soc)
      select plant, '2026-06-22', 2 from unnest(${plants}::integer[]) as plant`.execute(
      database.kysely,
    )
    for (const { count, feed } of followers) {
      expect(await take(feed, count)).toHaveLength(count)
    }
    // One read, and the follow-ups for commits that were not announced.
    expect(reads).toBeGreaterThan(0)
    expect(reads).toBeLessThan(10)
    for (const { feed } of followers) await feed.return?.()
  })

  test('forgets what was corrected or deleted', async () => {
    const database = keep(await openTestDatabase(engine))
    const feed = await openListeningFeed(database)
    const early = feed.latest.subscribe({ plantId: 1 })
    const current = async () => {
      const [[, soc] = []] = await take(feed.latest.subscribe({ plantId: 1 }), 1)
      return soc
    }
    await write(database, 1, 0, 10)
    expect(await take(early, 1)).toEqual([[1, 10]])
    await write(database, 1, 9, 90)
    expect(await take(early, 1)).toEqual([[1, 90]])

    await sql`update solark.telemetry set soc = 95 where soc = 90`.execute(database.kysely)
    await expect.poll(current).toBe(95)
    await sql`delete from solark.telemetry where soc = 95`.execute(database.kysely)
    expect(await take(early, 1)).toEqual([[1, 10]])
    expect(await current()).toBe(10)
    // Older than the deleted one, and still the newest.
    await write(database, 1, 5, 50)
    expect(await take(early, 1)).toEqual([[1, 50]])

    await sql`truncate solark.telemetry`.execute(database.kysely)
    await write(database, 1, 3, 30)
    expect(await take(early, 1)).toEqual([[1, 30]])
    expect(await current()).toBe(30)
  })

  test('leaves simulated plants out of "every plant" once a real one has a reading', async () => {
    const database = keep(await openTestDatabase(engine))
    const feed = await openListeningFeed(database)
    const all = feed.latest.subscribe({})
    await write(database, 900_001, 0, 50)
    expect(await take(all, 1)).toEqual([[900_001, 50]])
    await write(database, 3, 0, 30)
    expect(await take(all, 1)).toEqual([[3, 30]])
    await write(database, 900_001, 1, 51)
    await write(database, 3, 1, 31)
    expect(await take(all, 1)).toEqual([[3, 31]])
    const simulated = feed.latest.subscribe({ plantId: 900_001 })
    expect(await take(simulated, 1)).toEqual([[900_001, 51]])
  })

  test('a subscriber that does not read is owed the newest of each plant, not a backlog', async () => {
    const database = keep(await openTestDatabase(engine))
    const feed = await openListeningFeed(database)
    const slow = feed.latest.subscribe({})
    const quick = feed.latest.subscribe({ plantId: 2 })
    for (let second = 0; second < 20; second += 1) await write(database, 1, second, second)
    await write(database, 2, 0, 77)
    expect(await take(quick, 1)).toEqual([[2, 77]])
    expect(await take(slow, 2)).toEqual([
      [1, 19],
      [2, 77],
    ])
  })

  test('minInterval keeps the newest until its time has come', async () => {
    const database = keep(await openTestDatabase(engine))
    const feed = await openListeningFeed(database)
    const thinned = feed.latest.subscribe({ plantId: 1, minIntervalMs: 300 })
    const every = feed.latest.subscribe({ plantId: 1 })
    const started = performance.now()
    await write(database, 1, 0, 0)
    expect(await take(thinned, 1)).toEqual([[1, 0]])
    for (let second = 0; second < 5; second += 1) {
      expect(await take(every, 1)).toEqual([[1, second]])
      if (second < 4) await write(database, 1, second + 1, second + 1)
    }
    const [next] = await take(thinned, 1)
    // All five came within the interval, unless the machine was very slow: then some came after it.
    if (performance.now() - started < 600) expect(next).toEqual([1, 4])
    else expect(next?.[0]).toBe(1)
  })

  test('before the table exists a subscription fails with what the database says', async () => {
    const database = keep(await openTestDatabase(engine, { migrated: false }))
    const feed = await openListeningFeed(database)
    await expect(feed.latest.subscribe({}).next()).rejects.toThrow('does not exist')
    expect(feed.subscriptions).toBe(0)
  })
})

test('what any program writes reaches the subscribers of two servers, and a broken connection loses nothing', async () => {
  const database = keep(await openTestDatabase('native'))
  const other = keep(openDatabase({ url: database.url, poolSize: 2, statementTimeout: 5000 }))
  const feeds = [
    await openListeningFeed(database),
    await openListeningFeed({ ...other, url: database.url }),
  ]
  const subscribers = feeds.map((feed) => feed.latest.subscribe({ plantId: 1 }))
  const program = new pg.Client({ connectionString: database.url })
  await program.connect()
  try {
    await program.query(
      "insert into solark.telemetry (plant_id, timestamp, soc) values (1, '2026-06-21 00:00:01Z', 1)",
    )
    for (const subscriber of subscribers) expect(await take(subscriber, 1)).toEqual([[1, 1]])

    // The feeds cannot be notified of this: their connections end in the same transaction.
    await program.query('begin')
    await program.query(
      "insert into solark.telemetry (plant_id, timestamp, soc) values (1, '2026-06-21 00:00:02Z', 2)",
    )
    await program.query(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'heliograph live feed'`)
    await expect
      .poll(() => feeds.map(({ hearing }) => hearing))
      .toEqual(['connecting', 'connecting'])
    await program.query('commit')
    for (const subscriber of subscribers) expect(await take(subscriber, 1)).toEqual([[1, 2]])
  } finally {
    await program.end()
  }
})

test('a plant that 150 others share a commit with is announced all the same', async () => {
  const database = keep(await openTestDatabase('native'))
  const feed = await openListeningFeed(database)
  const last = feed.latest.subscribe({ plantId: 150 })
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc)
    select plant, '2026-06-21', 42 from generate_series(1, 400) as plant`.execute(database.kysely)
  expect(await take(last, 1)).toEqual([[150, 42]])
})
