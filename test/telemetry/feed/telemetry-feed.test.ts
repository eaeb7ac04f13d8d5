import { sql } from 'kysely'
import pg from 'pg'
import { afterEach, describe, expect, test } from 'vitest'
import { openDatabase } from '../../../src/database/database.ts'
import { createLogger } from '../../../src/log.ts'
import { liveFeedCheck } from '../../../src/system/checks.ts'
import { pruneLog } from '../../../src/telemetry/changes/prune-log.ts'
import { encodeFeedCursor } from '../../../src/telemetry/feed/feed-cursor.ts'
import type { Batch } from '../../../src/telemetry/feed/feed-subscriber.ts'
import { type LiveFeed, openLiveFeed } from '../../../src/telemetry/feed/live-feed.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { engines, openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { openPooler } from '../../support/pooler.ts'

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

async function openFeed(
  database: TestDatabase,
  { slowClientTimeout = 60_000 } = {},
): Promise<LiveFeed> {
  const feed = keep(openLiveFeed(database, { slowClientTimeout, log }))
  await expect.poll(() => feed.hearing).toBe('listening')
  return feed
}

/** Writes with plain SQL, like programs other than this one. The time is in seconds of a day. */
async function write(
  { kysely }: Pick<TestDatabase, 'kysely'>,
  ...readings: [plantId: number, second: number, soc: number][]
): Promise<void> {
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc)
    select plant_id, timestamptz '2026-06-21 00:00:00Z' + second * interval '1 second', soc
    from jsonb_to_recordset(${JSON.stringify(
      readings.map(([plant_id, second, soc]) => ({ plant_id, second, soc })),
    )}::jsonb) as written (plant_id integer, second integer, soc float8)`.execute(kysely)
}

/** A subscriber that remembers the cursor of the last reading that it took. */
async function subscribe(
  feed: LiveFeed,
  { plantId, after, maxBatch = 500 }: { plantId?: number; after?: string; maxBatch?: number } = {},
) {
  const batches = await feed.telemetry.subscribe({ plantId, after, maxBatch })
  let cursor = after
  return {
    get cursor() {
      return cursor
    },
    batches,
    /** Returns plant and state of charge of the next readings. */
    take: async (count: number): Promise<[number, number | null][]> => {
      const taken: [number, number | null][] = []
      while (taken.length < count) {
        const { value, done } = await batches.next()
        if (done) break
        for (const reading of value.readings) {
          taken.push([reading.plantId, reading.soc])
          cursor = cursorOf(value, reading)
        }
      }
      return taken
    },
    leave: () => batches.return?.(),
  }
}

function cursorOf({ generation }: Batch, reading: Batch['readings'][number]): string {
  return encodeFeedCursor(reading, generation)
}

describe.each(engines)('telemetry on %s', (engine) => {
  test('begins now, and gives each reading once, late and replaced ones too', async () => {
    const database = keep(await openTestDatabase(engine))
    await write(database, [1, 0, 10])
    const feed = await openFeed(database)
    const one = await subscribe(feed, { plantId: 1 })
    const all = await subscribe(feed)

    await write(database, [1, 60, 11], [2, 60, 20])
    expect(await all.take(2)).toEqual([
      [1, 11],
      [2, 20],
    ])
    expect(await one.take(1)).toEqual([[1, 11]])
    await write(database, [1, -3600, 9])
    expect(await one.take(1)).toEqual([[1, 9]])
    await sql`update solark.telemetry set soc = 12 where soc = 11`.execute(database.kysely)
    expect(await one.take(1)).toEqual([[1, 12]])
    await sql`delete from solark.telemetry where soc = 12`.execute(database.kysely)
    await write(database, [2, 61, 21])
    expect(await all.take(3)).toEqual([
      [1, 9],
      [1, 12],
      [2, 21],
    ])
  })

  test('goes on after a cursor of now, from before the first reading and from after some', async () => {
    const database = keep(await openTestDatabase(engine))
    const feed = await openFeed(database)
    const fromNothing = await feed.telemetry.cursor()
    await write(database, [1, 0, 1])
    const fromOne = await feed.telemetry.cursor()
    await write(database, [1, 60, 2])
    await rollUp(database.kysely)
    const all = await subscribe(feed, { after: fromNothing })
    expect(await all.take(2)).toEqual([
      [1, 1],
      [1, 2],
    ])
    const later = await subscribe(feed, { after: fromOne })
    const first = await later.take(1)
    // A transaction of another database keeps the horizon back: then what was committed just before comes, too.
    const untilLast = first.at(-1)?.[1] === 2 ? first : [...first, ...(await later.take(1))]
    expect(untilLast.at(-1)).toEqual([1, 2])
    expect(untilLast.length).toBeLessThanOrEqual(2)
  })

  test('goes on after a cursor, through what is rolled up meanwhile', async () => {
    const database = keep(await openTestDatabase(engine))
    const feed = await openFeed(database)
    const first = await subscribe(feed, { maxBatch: 2 })
    await write(database, [1, 0, 1], [1, 60, 2], [2, 0, 3])
    expect(await first.take(2)).toEqual([
      [1, 1],
      [1, 2],
    ])
    await first.leave()
    await rollUp(database.kysely)
    await write(database, [1, 30, 4])
    const again = await subscribe(feed, { after: first.cursor ?? '' })
    expect(await again.take(2)).toEqual([
      [2, 3],
      [1, 4],
    ])
    await sql`truncate solark.telemetry`.execute(database.kysely)
    await write(database, [1, 0, 5])
    expect(await again.take(1)).toEqual([[1, 5]])
    const ofOne = await subscribe(feed, { plantId: 1, after: again.cursor ?? '' })
    await write(database, [2, 0, 6], [1, 1, 7])
    expect(await ofOne.take(1)).toEqual([[1, 7]])
  })

  test('a copy of a reading with all its columns counts as stored by the one who copies it', async () => {
    const database = keep(await openTestDatabase(engine))
    await write(database, [1, 0, 1])
    await sql`create table copied as select * from solark.telemetry`.execute(database.kysely)
    await sql`truncate solark.telemetry`.execute(database.kysely)
    const feed = await openFeed(database)
    const follower = await subscribe(feed)
    await sql`insert into solark.telemetry select * from copied`.execute(database.kysely)
    expect(await follower.take(1)).toEqual([[1, 1]])
    await write(database, [1, 1, 2])
    expect(await follower.take(1)).toEqual([[1, 2]])
  })

  test('refuses cursors that expired, and what is none', async () => {
    const database = keep(await openTestDatabase(engine))
    const feed = await openFeed(database)
    const follower = await subscribe(feed)
    await write(database, [1, 0, 1])
    await follower.take(1)
    const early = follower.cursor ?? ''
    await write(database, [1, 1, 2])
    await follower.take(1)
    const late = follower.cursor ?? ''

    const refusal = (after: string) => expect(subscribe(feed, { after })).rejects
    await refusal('cjE').toMatchObject({ code: 'INVALID_CURSOR' })
    await sql`update solark.telemetry_change set noted_at = noted_at - interval '8 days'`.execute(
      database.kysely,
    )
    // As after a failover that lost the last transactions: others have their numbers.
    await refusal(late).toMatchObject({ code: 'CURSOR_EXPIRED' })
    await rollUp(database.kysely)
    await pruneLog(database.kysely, 7)
    await refusal(early).toMatchObject({
      code: 'CURSOR_EXPIRED',
      message: expect.stringContaining('FEED_RETENTION_DAYS'),
    })
    await write(database, [1, 3, 3])
    await expect(follower.take(1)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' })
  })

  test('whoever waits for longer than the log is kept goes on all the same', async () => {
    const database = keep(await openTestDatabase(engine))
    const feed = await openFeed(database)
    const waiting = await subscribe(feed)
    for (const soc of [1, 2, 3]) await write(database, [1, soc, soc])
    await waiting.take(3)
    await rollUp(database.kysely)
    await pruneLog(database.kysely, 0)
    const { rows } = await sql`select from solark.telemetry_log`.execute(database.kysely)
    expect(rows).toHaveLength(1)
    const fresh = await subscribe(feed)
    const again = await subscribe(feed, { after: waiting.cursor ?? '' })
    await write(database, [1, 4, 4])
    for (const { take } of [waiting, fresh, again]) expect(await take(1)).toEqual([[1, 4]])
  })

  test('a restore into another database ends the cursors of the old one', async () => {
    const database = keep(await openTestDatabase(engine))
    const follower = await subscribe(await openFeed(database))
    await write(database, [1, 0, 1])
    await follower.take(1)
    // As after restoring a dump: the tables say that they belong to another database.
    await sql`update solark.feed set home = 'elsewhere'`.execute(database.kysely)
    const feed = await openFeed(database)
    await expect(subscribe(feed, { after: follower.cursor ?? '' })).rejects.toMatchObject({
      code: 'CURSOR_EXPIRED',
      message: expect.stringContaining('restored'),
    })
    const fresh = await subscribe(feed)
    await write(database, [1, 1, 2])
    expect(await fresh.take(1)).toEqual([[1, 2]])
    await expect(follower.take(1)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' })
  })

  test('one transaction that says the same time again and again is read through all the same', async () => {
    const database = keep(await openTestDatabase(engine))
    const feed = await openFeed(database)
    const follower = await subscribe(feed, { maxBatch: 1000 })
    await sql`
      do $$
      begin
        for number in 1..3000 loop
          insert into solark.telemetry (plant_id, timestamp, soc)
          values (1, timestamptz '2026-06-21' + (number % 1500) * interval '1 second', 1)
          on conflict (plant_id, timestamp) do update set soc = 2;
        end loop;
      end $$`.execute(database.kysely)
    const taken = await follower.take(1500)
    expect(taken).toEqual(Array.from({ length: 1500 }, () => [1, 2]))
  })
})

test('a transaction that took its number early and commits late holds the others up, and is not skipped', async () => {
  const database = keep(await openTestDatabase('native'))
  const feed = await openFeed(database)
  await using early = await openWriter(database.url)
  await early.query('begin')
  await early.query('insert into solark.telemetry (plant_id, timestamp, soc) values (7, now(), 70)')
  const before = await subscribe(feed)
  await write(database, [1, 0, 10])
  const between = await subscribe(feed)
  await write(database, [1, 1, 11])
  const latest = feed.latest.subscribe({ plantId: 1 })
  expect((await latest.next()).value).toMatchObject({ soc: 11 })
  await early.query('commit')
  expect(await before.take(3)).toEqual([
    [7, 70],
    [1, 10],
    [1, 11],
  ])
  expect(await between.take(2)).toEqual([
    [7, 70],
    [1, 11],
  ])
})

test('who does not take readings is ended with SLOW_CLIENT, and goes on from the cursor', async () => {
  const database = keep(await openTestDatabase('native'))
  const feed = await openFeed(database, { slowClientTimeout: 1000 })
  const slow = await subscribe(feed, { maxBatch: 10 })
  const quick = await subscribe(feed, { maxBatch: 10 })
  await write(database, [1, 0, 0])
  for (const follower of [slow, quick]) expect(await follower.take(1)).toEqual([[1, 0]])
  for (let start = 1; start <= 20_000; start += 1000) {
    await write(
      database,
      ...Array.from({ length: 1000 }, (_, index): [number, number, number] => [
        1,
        start + index,
        1,
      ]),
    )
    expect(await quick.take(1000)).toHaveLength(1000)
  }
  await expect.poll(() => feed.subscriptions, { timeout: 10_000 }).toBe(1)
  await expect(slow.take(1)).rejects.toMatchObject({ code: 'SLOW_CLIENT' })
  const again = await subscribe(feed, { maxBatch: 100, after: slow.cursor ?? '' })
  expect(await again.take(20_000)).toHaveLength(20_000)
})

test('who has caught up before the others are handed what it read by itself receives nothing twice', async () => {
  const database = keep(await openTestDatabase('native'))
  const feed = await openFeed(database)
  const all = await subscribe(feed)
  const one = await subscribe(feed, { plantId: 2 })
  await write(database, [2, 0, 0])
  for (const follower of [all, one]) expect(await follower.take(1)).toEqual([[2, 0]])
  await one.leave()
  // Many pages, the last of which has everything of plant 2.
  await sql`
    insert into solark.telemetry (plant_id, timestamp, soc)
    select plant_id, timestamptz '2026-06-21 01:00Z' + number * interval '1 second', number
    from (select 1 as plant_id, generate_series(1, 40000) as number
      union all select 2, generate_series(1, 10)) as written`.execute(database.kysely)
  const taken = await all.take(1)
  const again = await subscribe(feed, { plantId: 2, after: one.cursor ?? '' })
  const owed = Array.from({ length: 10 }, (_, index) => [2, index + 1])
  expect(await again.take(10)).toEqual(owed)
  taken.push(...(await all.take(40_010 - taken.length)))
  expect(taken).toHaveLength(40_010)
  await write(database, [2, 1, 77])
  expect(await again.take(1)).toEqual([[2, 77]])
})

async function openWriter(url: string): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client(url)
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

test('readings stay in order where the numbers of transactions gain a digit', async () => {
  const database = keep(await openTestDatabase('native'))
  const feed = await openFeed(database)
  const first = await subscribe(feed)
  await write(database, [1, 0, 0])
  await first.take(1)
  const current = async () => {
    const { rows } = await sql<{ txid: string }>`
      select pg_snapshot_xmax(pg_current_snapshot())::text as txid`.execute(database.kysely)
    return Number(rows[0]?.txid)
  }
  const next = 10 ** String(await current()).length
  // Each block that may fail takes a transaction number of its own.
  await sql`
    create table taken (number integer);
    do $$
    begin
      for number in 1..${sql.lit(next - (await current()) - 3)} loop
        begin insert into taken values (number); exception when others then null; end;
      end loop;
    end $$`.execute(database.kysely)
  const written = Array.from({ length: 8 }, (_, index): [number, number] => [1, index])
  for (const [plantId, soc] of written) await write(database, [plantId, 10 - soc, soc])
  expect(await current()).toBeGreaterThan(next)
  const again = await subscribe(feed, { after: first.cursor ?? '' })
  expect(await again.take(8)).toEqual(written)
})

test('two processes give the same', async () => {
  const database = keep(await openTestDatabase('native'))
  const other = keep(openDatabase({ url: database.url, poolSize: 4, statementTimeout: 10_000 }))
  const feeds = [
    await openFeed(database),
    keep(openLiveFeed(other, { slowClientTimeout: 60_000, log })),
  ]
  const followers = await Promise.all(feeds.map((feed) => subscribe(feed)))
  await write(database, [1, 0, 1], [2, 0, 2])
  await write(database, [1, 1, 3])
  const [one, two] = await Promise.all(followers.map(({ take }) => take(3)))
  expect(one).toEqual(two)
  expect(followers[0]?.cursor).toBe(followers[1]?.cursor)
})

test('behind a pooler that passes no notifications on everything arrives all the same, and health says so', async () => {
  const database = keep(await openTestDatabase('native'))
  const pooler = keep(await openPooler(database.url))
  const behind = keep(openDatabase({ url: pooler.url, poolSize: 4, statementTimeout: 10_000 }))
  const feed = keep(openLiveFeed(behind, { slowClientTimeout: 60_000, log }))
  await expect.poll(() => feed.hearing, { timeout: 10_000 }).toBe('not carried')
  expect(await liveFeedCheck(feed, database.reserved).run()).toMatchObject({
    status: 'DEGRADED',
    detail: expect.stringContaining('pooler'),
  })
  const follower = await subscribe(feed)
  const latest = feed.latest.subscribe({})
  for (const soc of [1, 2]) {
    await write(database, [1, soc, soc])
    expect(await follower.take(1)).toEqual([[1, soc]])
    expect((await latest.next()).value).toMatchObject({ soc })
  }
})

test('health says what holds the feed up, also from another database of the cluster, and is degraded where it lasts', async () => {
  const database = keep(await openTestDatabase('native'))
  const feed = await openFeed(database)
  // The tests beside this one have transactions of their own, which end.
  const health = () => expect.poll(() => liveFeedCheck(feed, database.reserved).run())
  const well = { status: 'HEALTHY', detail: '0 subscriptions; telemetry lag 0 s' }
  await health().toMatchObject(well)
  const elsewhere = new URL(database.url)
  elsewhere.pathname = '/postgres'
  for (const url of [database.url, elsewhere.href]) {
    await using writer = await openWriter(url)
    await writer.query("set application_name = 'nightly report'")
    await writer.query('begin; select pg_current_xact_id()')
    await write(database, [1, 0, 1])
    const name = new URL(url).pathname.slice(1)
    const held = `held up by the transaction of process \\d+ \\(nightly report\\) in database ${name}$`
    await health().toMatchObject({ detail: expect.stringMatching(held) })
    await sql`update solark.telemetry_change set noted_at = noted_at - interval '2 minutes'`.execute(
      database.kysely,
    )
    await health().toMatchObject({
      status: 'DEGRADED',
      detail: expect.stringMatching(`telemetry lag 12\\d s, ${held}`),
    })
    await writer.query('rollback')
    await health().toMatchObject(well)
    await sql`truncate solark.telemetry`.execute(database.kysely)
  }
})
