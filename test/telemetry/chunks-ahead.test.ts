import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Instant } from '../../src/database/instant.ts'
import type { Schema } from '../../src/database/schema.ts'
import { createLogger } from '../../src/log.ts'
import { createChunksAhead } from '../../src/telemetry/chunks-ahead.ts'
import { startRollupWorker } from '../../src/telemetry/history/rollup-worker.ts'
import { loadReadings } from '../../src/telemetry/import.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import { recordReadings } from '../../src/telemetry/record.ts'
import { openTestDatabase } from '../support/database.ts'
import { reading } from '../support/readings.ts'

const DAY: Instant = 86_400_000_000
const at = (date: string): Instant => Date.parse(`${date}Z`) * 1000

/** Returns first days and lengths in days, in the order of time. */
async function chunksOf(kysely: Kysely<Schema>): Promise<{ from: Instant; days: number }[]> {
  const { rows } = await sql<{ from: Instant; until: Instant }>`
    select range_start as from, range_end as until from timescaledb_information.chunks
    order by range_start`.execute(kysely)
  return rows.map(({ from, until }) => ({ from, days: (until - from) / DAY }))
}

/** Whether a transaction that writes readings takes the lock for making a chunk. */
function makesChunks(kysely: Kysely<Schema>, times: readonly Instant[]): Promise<boolean> {
  return kysely.transaction().execute(async (transaction) => {
    await recordReadings(
      transaction,
      times.map((time) => reading(1, time)),
      { onDuplicate: 'KEEP', now: Date.now() * 1000 },
    )
    const { rows } = await sql`
      select from pg_locks
      where relation = 'solark.telemetry'::regclass and mode = 'ShareUpdateExclusiveLock'`.execute(
      transaction,
    )
    return rows.length > 0
  })
}

async function maintainOnce(
  database: Parameters<typeof startRollupWorker>[0],
  passed: () => Promise<boolean>,
): Promise<void> {
  await using _ = startRollupWorker(database, {
    maxGap: undefined,
    feedRetention: 7,
    log: createLogger({ logLevel: 'silent', logFormat: 'json' }),
  })
  await expect.poll(passed).toBe(true)
}

describe('on a hypertable', () => {
  test('a server makes the chunk of now and the next before readings need them, once', async () => {
    await using database = await openTestDatabase('timescale')
    const { kysely } = database
    await maintainOnce(database, async () => (await chunksOf(kysely)).length === 2)
    const [current, next] = await chunksOf(kysely)
    const now = Date.now() * 1000
    expect(current).toEqual({ from: Math.floor(now / (30 * DAY)) * 30 * DAY, days: 30 })
    expect(next).toEqual({ from: (current?.from ?? 0) + 30 * DAY, days: 30 })
    expect(await makesChunks(kysely, [now])).toBe(false)

    const isRolledUp = async () => {
      const { rows } = await sql`select from solark.telemetry_change`.execute(kysely)
      return rows.length === 0
    }
    await maintainOnce(database, isRolledUp)
    expect(await chunksOf(kysely)).toEqual([current, next])
  })

  test('an import has the chunks that its readings need and no other, and makes none itself', async () => {
    await using database = await openTestDatabase('timescale')
    const { kysely } = database
    const times = ['2019-03-05', '2019-03-06', '2023-07-01T12:00', '2019-03-04'].map(at)
    expect(await makesChunks(kysely, [at('2023-08-20')])).toBe(true)
    await sql`select set_chunk_time_interval('solark.telemetry', interval '45 days')`.execute(
      kysely,
    )
    const chunksAhead = createChunksAhead(kysely)
    await chunksAhead.make(times)
    const chunks = await chunksOf(kysely)
    expect(chunks).toEqual([
      { from: at('2019-02-28'), days: 45 },
      // Cut at an existing chunk of another width.
      { from: at('2023-06-22'), days: 30 },
      { from: at('2023-07-22'), days: 30 },
    ])
    await chunksAhead.make(times)
    await createChunksAhead(kysely).make([...times, at('2023-08-20')])
    expect(await makesChunks(kysely, times)).toBe(false)
    expect(await chunksOf(kysely)).toEqual(chunks)
  })

  test('where TimescaleDB refuses, writers make the chunks as ever', async () => {
    await using database = await openTestDatabase('timescale')
    const { kysely } = database
    await sql`alter function _timescaledb_functions.create_chunk rename to gone`.execute(kysely)
    await createChunksAhead(kysely).make([at('2023-07-01')])
    expect(await chunksOf(kysely)).toEqual([])
    expect(await makesChunks(kysely, [at('2023-07-01')])).toBe(true)
  })
})

describe('an import', () => {
  async function* batchesOf(...batches: Reading[][]) {
    yield* batches
  }

  test('asks for the chunks of all readings before it sends them', async () => {
    await using database = await openTestDatabase('native')
    await using session = await database.openSession('import')
    const asked = new Set<Instant>()
    const asking: number[] = []
    const copyFrom: typeof session.copyFrom = (statement) => {
      asking.push(asked.size)
      return session.copyFrom(statement)
    }
    const batches = [2017, 2018, 2019].map((year) =>
      Array.from({ length: 3000 }, (_, i) => reading(1, at(`${year}-01-01`) + i * 60_000_000)),
    )
    const chunksAhead = {
      make: async (times: Iterable<Instant>) => {
        for (const time of times) asked.add(time)
      },
    }
    await loadReadings({ ...session, copyFrom }, batchesOf(...batches), {
      onDuplicate: 'KEEP',
      chunksAhead,
    })
    expect(asked).toEqual(new Set(batches.flat().map(({ timestamp }) => timestamp)))
    // The first batch is sent alone, and the second while the third is prepared.
    expect(asking[0]).toBeGreaterThanOrEqual(3000)
    expect(asking[1]).toBeGreaterThanOrEqual(6000)
  })

  test('keeps nobody waiting who stores a reading of now', async () => {
    await using database = await openTestDatabase('native')
    await using session = await database.openSession('import')
    const now = Date.now() * 1000
    async function* slowly() {
      yield Array.from({ length: 3000 }, (_, i) => reading(1, at('2017-01-01') + i * 60_000_000))
      // Requested another batch after the first was sent, and before the end of the import.
      yield Array.from({ length: 6000 }, (_, i) => reading(1, at('2018-01-01') + i * 60_000_000))
      await recordReadings(database.kysely, [reading(2, now)], { onDuplicate: 'KEEP', now })
    }
    const outcome = await loadReadings(session, slowly(), {
      onDuplicate: 'KEEP',
      chunksAhead: createChunksAhead(database.kysely),
    })
    expect(outcome).toMatchObject({ inserted: 9000 })
  })
})
