import { type Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import { formatInstant, type Instant } from '../../../src/database/instant.ts'
import type { Schema } from '../../../src/database/schema.ts'
import { deleteReadings } from '../../../src/telemetry/delete.ts'
import { readSummaries } from '../../../src/telemetry/history/read-summaries.ts'
import { noteRebuild } from '../../../src/telemetry/history/rebuild.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { readLatestOf } from '../../../src/telemetry/latest.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { differencesIn, rollUpEverything } from '../../support/rollups.ts'
import { countExactly, course, DAY, daysAgo, HOUR, MINUTE, store } from './past.ts'

const FROM = 80
const readings = course([1, 2], { from: FROM, to: 0, every: 10 * MINUTE })

async function openHistory(): Promise<TestDatabase> {
  const database = await openTestDatabase('timescale')
  await store(database.kysely, readings)
  await rollUpEverything(database.kysely)
  return database
}

function days(kysely: Kysely<Schema>) {
  const edges = Array.from({ length: FROM + 1 }, (_, day) => daysAgo(FROM - day))
  return readSummaries(kysely, { plantId: 1, edges, quantities: ['pvPower'] })
}

/** As a policy of TimescaleDB does, or somebody by hand. Returns where the remaining readings begin. */
async function dropChunks(kysely: Kysely<Schema>, olderThan: Instant): Promise<Instant> {
  await sql`
    select drop_chunks('solark.telemetry', older_than => ${formatInstant(olderThan)}::timestamptz)`.execute(
    kysely,
  )
  const { rows } = await sql<{ oldest: Instant }>`
    select min(timestamp) as oldest from solark.telemetry`.execute(kysely)
  return rows[0]?.oldest ?? 0
}

test('history of chunks that somebody else dropped stays, also when it is made anew', async () => {
  await using database = await openHistory()
  const { kysely } = database
  const before = await days(kysely)
  expect(await dropChunks(kysely, daysAgo(45))).toBeGreaterThan(daysAgo(FROM))
  expect(await differencesIn(kysely)).toEqual([])
  for (const plantId of [1, undefined]) {
    expect(await noteRebuild(kysely, plantId)).toBe(true)
    await rollUpEverything(kysely)
    expect(await days(kysely)).toEqual(before)
    expect(await differencesIn(kysely)).toEqual([])
    await countExactly(kysely)
  }

  await store(kysely, [{ plantId: 1, timestamp: daysAgo(FROM - 3) + 1, power: 9000 }])
  const today = { plantId: 1, timestamp: daysAgo(0) - HOUR + 1, power: 9000 }
  await store(kysely, [today])
  await rollUpEverything(kysely)
  const after = await days(kysely)
  expect(after.slice(0, -1)).toEqual(before.slice(0, -1))
  expect(after.at(-1)?.of.pvPower?.max).toBe(9000)
  // It makes everything anew three times, in PGlite.
}, 180_000)

test('who rolls up says up to when chunks that somebody else dropped are frozen, once', async () => {
  await using database = await openHistory()
  const { kysely } = database
  const oldest = await dropChunks(kysely, daysAgo(45))
  const { frozenUntil = 0 } = (await rollUp(kysely)) ?? {}
  expect(frozenUntil - oldest).toBeGreaterThan(0)
  expect(frozenUntil - oldest).toBeLessThanOrEqual(2 * HOUR)
  expect(await rollUp(kysely)).not.toHaveProperty('frozenUntil')
})

test('a plant whose readings somebody else dropped has the newest of those that are left, or none', async () => {
  await using database = await openHistory()
  const { kysely } = database
  for (const [plantId, left] of [
    [3, daysAgo(FROM - 1)],
    [4, daysAgo(0) - HOUR],
  ] as const) {
    await store(kysely, [
      { plantId, timestamp: daysAgo(FROM - 1) + 1, power: 1 },
      { plantId, timestamp: left, power: 1 },
    ])
  }
  await rollUpEverything(kysely)
  await dropChunks(kysely, daysAgo(45))
  await store(kysely, [{ plantId: 3, timestamp: daysAgo(FROM), power: 1 }])
  await rollUpEverything(kysely)
  expect((await readLatestOf(kysely, 3))?.timestamp).toBe(daysAgo(FROM))
  expect((await readLatestOf(kysely, 4))?.timestamp).toBe(daysAgo(0) - HOUR)
  await dropChunks(kysely, daysAgo(45))
  await rollUp(kysely)
  expect(await readLatestOf(kysely, 3)).toBe(undefined)
})

test.each([
  ['the oldest', { from: 365, to: 45 }],
  ['those in the middle', { from: 75, to: 10 }],
  ['all', { from: 365, to: -365 }],
])(
  'history of %s that somebody else dropped stays, though a reading comes to that time before anybody looks',
  async (_, { from, to }) => {
    await using database = await openHistory()
    const { kysely } = database
    const before = await days(kysely)
    const { rows } = await sql<{ until: Instant }>`
        with gone as (
          select drop_chunks('solark.telemetry',
            older_than => ${formatInstant(daysAgo(to))}::timestamptz,
            newer_than => ${formatInstant(daysAgo(from))}::timestamptz) as name
        )
        select max(last) as until from solark.counted_chunk
        where exists (select from gone where gone.name like '%.' || counted_chunk.name)`.execute(
      kysely,
    )
    const gone = Math.min(rows[0]?.until ?? 0, daysAgo(0)) - 16 * HOUR
    await store(kysely, [{ plantId: 1, timestamp: gone + 1, power: 9000 }])
    expect(await differencesIn(kysely)).toEqual([])
    await rollUpEverything(kysely)
    expect(await days(kysely)).toEqual(before)
    expect(await noteRebuild(kysely)).toBe(true)
    await rollUpEverything(kysely)
    expect(await differencesIn(kysely)).toEqual([])
    await countExactly(kysely)
    expect(await days(kysely)).toEqual(before)
  },
)

test('what is deleted of other time is gone from history after chunks were dropped by somebody else', async () => {
  await using database = await openHistory()
  const { kysely } = database
  await dropChunks(kysely, daysAgo(45))
  await store(kysely, [{ plantId: 1, timestamp: daysAgo(FROM - 3) + 1, power: 9000 }])
  await rollUpEverything(kysely)
  await deleteReadings(kysely, { plantId: 1, from: daysAgo(10), to: daysAgo(9) })
  await rollUpEverything(kysely)
  const after = await days(kysely)
  expect(after[FROM - 10]?.of.pvPower?.max).toBe(null)
  expect(after[FROM - 11]?.of.pvPower?.max).toBeGreaterThan(0)
  expect(await differencesIn(kysely)).toEqual([])
})

test('readings that replace all chunks, or some of them at once, are what history says', async () => {
  await using database = await openHistory()
  const { kysely } = database
  const doubled = readings.map((sample) => ({ ...sample, power: 2 * sample.power }))
  const expected = async () => {
    const [day] = await days(kysely)
    return day?.of.pvPower?.max
  }
  const max = (await expected()) ?? 0
  expect(max).toBeGreaterThan(0)

  await dropChunks(kysely, daysAgo(-365))
  await rollUpEverything(kysely)
  await store(kysely, doubled)
  await rollUpEverything(kysely)
  expect(await expected()).toBe(2 * max)

  await dropChunks(kysely, daysAgo(45))
  await store(
    kysely,
    readings.filter(({ timestamp }) => timestamp < daysAgo(45) + DAY),
  )
  await rollUpEverything(kysely)
  expect(await expected()).toBe(max)
  expect(await differencesIn(kysely)).toEqual([])
  await countExactly(kysely)
})
