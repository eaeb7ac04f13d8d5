import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { deleteReadings } from '../../src/telemetry/delete.ts'
import type { OnDuplicate } from '../../src/telemetry/duplicates.ts'
import { loadReadings } from '../../src/telemetry/import.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import { type RecordOutcome, recordReadings } from '../../src/telemetry/record.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { JUNE, measurements, reading, SECOND, storedReadings } from '../support/readings.ts'

/** More than one chunk. */
const MANY = 25_000

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('native')
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  await sql`truncate solark.telemetry, solark.plant`.execute(database.kysely)
})

async function load(
  readings: readonly Reading[],
  onDuplicate: OnDuplicate = 'KEEP',
): Promise<RecordOutcome> {
  await using session = await database.openSession('test')
  return await loadReadings(session, batchesOf(readings), { onDuplicate })
}

async function* batchesOf(readings: readonly Reading[]): AsyncGenerator<readonly Reading[]> {
  for (let at = 0; at < readings.length; at += 1000) yield readings.slice(at, at + 1000)
}

function everySecond(count: number, soc: (index: number) => number, from = 0): Reading[] {
  return Array.from({ length: count }, (_, index) =>
    reading(1, JUNE + (from + index) * SECOND, { soc: soc(from + index) }),
  )
}

test('stores every reading as it is, and registers its plant', async () => {
  const readings = fc
    .sample(measurements(), { numRuns: 500, seed: 1 })
    .map((values, index) => reading(index % 7, JUNE + index * 12_345_678, values))
  expect(await load(readings)).toEqual({
    received: 500,
    inserted: 500,
    duplicates: 0,
    conflicts: 0,
  })
  expect(await storedReadings(database)).toEqual(
    readings.toSorted((a, b) => a.plantId - b.plantId || a.timestamp - b.timestamp),
  )
  const plants = await database.kysely
    .selectFrom('solark.plant')
    .select('id')
    .orderBy('id')
    .execute()
  expect(plants.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6])
})

test('takes the same readings again as duplicates, and counts those that changed', async () => {
  const readings = everySecond(MANY, () => 50)
  expect(await load(readings)).toMatchObject({ inserted: MANY, duplicates: 0 })
  expect(await load(readings)).toEqual({
    received: MANY,
    inserted: 0,
    duplicates: MANY,
    conflicts: 0,
  })
  const changed = everySecond(MANY, (index) => (index % 5 === 0 ? 60 : 50))
  expect(await load(changed)).toMatchObject({ inserted: 0, duplicates: MANY, conflicts: MANY / 5 })
  expect(await storedReadings(database)).toEqual(readings)
  expect(await load(changed, 'REPLACE')).toMatchObject({ inserted: 0, conflicts: MANY / 5 })
  expect(await storedReadings(database)).toEqual(changed)
})

test('lets go of a chunk that is still on its way when the database finds a duplicate in it', async () => {
  const readings = everySecond(150_000, () => 50)
  await load(readings.slice(0, 1))
  async function* atOnce(): AsyncGenerator<readonly Reading[]> {
    yield readings.slice(0, 10_000)
    yield readings.slice(10_000)
  }
  await using session = await database.openSession('test')
  expect(await loadReadings(session, atOnce(), { onDuplicate: 'KEEP' })).toMatchObject({
    inserted: 149_999,
    duplicates: 1,
  })
})

test('goes on from new readings to known ones and back', async () => {
  await load(everySecond(1000, () => 50, 30_000))
  expect(await load(everySecond(90_000, () => 50))).toEqual({
    received: 90_000,
    inserted: 89_000,
    duplicates: 1000,
    conflicts: 0,
  })
  expect(await storedReadings(database)).toEqual(everySecond(90_000, () => 50))
})

const record = (readings: readonly Reading[], onDuplicate: OnDuplicate): Promise<RecordOutcome> =>
  recordReadings(database.kysely, readings, { onDuplicate, now: JUNE + 60 * SECOND })

test('imports and recordReadings count and keep what a table that is written row by row would', async () => {
  const someReadings = fc.array(
    fc.record({
      plantId: fc.integer({ min: 1, max: 2 }),
      second: fc.integer({ min: 0, max: 5 }),
      soc: fc.option(fc.constantFrom(0, -0, 1, 2)),
    }),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(
      someReadings,
      someReadings,
      fc.constantFrom<OnDuplicate>('KEEP', 'REPLACE'),
      fc.constantFrom(load, record),
      async (before, sent, onDuplicate, write) => {
        await sql`delete from solark.telemetry`.execute(database.kysely)
        const table = new Map<string, Reading>()
        for (const [rows, mode] of [
          [before, 'KEEP'],
          [sent, onDuplicate],
        ] as const) {
          const readings = rows.map(({ plantId, second, soc }) =>
            reading(plantId, JUNE + second * SECOND, { soc }),
          )
          expect(await write(readings, mode)).toMatchObject(writeOneByOne(table, readings, mode))
        }
        const stored = await storedReadings(database)
        expect(stored.map(withoutNegativeZero)).toEqual(
          [...table.values()]
            .map(withoutNegativeZero)
            .sort((a, b) => a.plantId - b.plantId || a.timestamp - b.timestamp),
        )
      },
    ),
    { numRuns: 60 },
  )
})

function withoutNegativeZero({ soc, ...others }: Reading): Reading {
  return { ...others, soc: soc === null ? null : soc + 0 }
}

function writeOneByOne(
  table: Map<string, Reading>,
  readings: readonly Reading[],
  onDuplicate: OnDuplicate,
): RecordOutcome {
  const outcome = { received: 0, inserted: 0, duplicates: 0, conflicts: 0 }
  for (const sent of readings) {
    const key = `${sent.plantId} ${sent.timestamp}`
    const stored = table.get(key)
    outcome.received++
    if (stored === undefined) outcome.inserted++
    else outcome.duplicates++
    if (stored !== undefined && stored.soc !== sent.soc) outcome.conflicts++
    if (stored === undefined || onDuplicate === 'REPLACE') table.set(key, sent)
  }
  return outcome
}

test('a correction is a new transaction of the live feed, and leaves when it was stored', async () => {
  const markOf = () =>
    database.kysely
      .selectFrom('solark.telemetry')
      .select(['id', 'created_at', 'txid'])
      .executeTakeFirstOrThrow()
  await load([reading(1, JUNE, { soc: 50 })])
  const first = await markOf()
  await load([reading(1, JUNE, { soc: 50 })], 'REPLACE')
  expect(await markOf()).toEqual(first)
  await load([reading(1, JUNE, { soc: 60 })], 'REPLACE')
  const corrected = await markOf()
  expect(corrected).toEqual({ ...first, txid: corrected.txid })
  expect(BigInt(corrected.txid)).toBeGreaterThan(BigInt(first.txid))
})

test('stores nothing when its source fails, however late', async () => {
  async function* failing(): AsyncGenerator<readonly Reading[]> {
    yield* batchesOf(everySecond(MANY, () => 50))
    throw new Error('the source broke')
  }
  await using session = await database.openSession('test')
  await expect(loadReadings(session, failing(), { onDuplicate: 'KEEP' })).rejects.toThrow(
    'the source broke',
  )
  expect(await storedReadings(database)).toEqual([])
  // The session is still usable.
  expect(
    await loadReadings(session, batchesOf([reading(1, JUNE)]), { onDuplicate: 'KEEP' }),
  ).toMatchObject({ inserted: 1 })
})

test('stores nothing when the database refuses a reading, and ends its source', async () => {
  let ended = false
  async function* endless(): AsyncGenerator<readonly Reading[]> {
    try {
      for (let second = 0; ; second += 10_000) {
        yield everySecond(10_000, () => 50, second)
        if (second === 50_000) yield [reading(-1, JUNE)]
      }
    } finally {
      ended = true
    }
  }
  await using session = await database.openSession('test')
  await expect(loadReadings(session, endless(), { onDuplicate: 'KEEP' })).rejects.toThrow(
    'telemetry_plant_id_check',
  )
  await expect.poll(() => ended).toBe(true)
  expect(await storedReadings(database)).toEqual([])
})

test('takes no more from its source than two chunks ahead of what is stored', async () => {
  let taken = 0
  let stored = 0
  let furthest = 0
  async function* counting(): AsyncGenerator<readonly Reading[]> {
    for (let batch = 0; batch < 160; batch++) {
      taken += 1000
      furthest = Math.max(furthest, taken - stored)
      yield everySecond(1000, () => 50, batch * 1000)
    }
  }
  await using session = await database.openSession('test')
  await loadReadings(session, counting(), {
    onDuplicate: 'KEEP',
    onProgress: (received) => {
      stored = received
    },
  })
  expect(stored).toBe(160_000)
  expect(furthest).toBeLessThanOrEqual(41_000)
})

test('two loads of the same readings at once store each reading once', async () => {
  const readings = everySecond(MANY, () => 50)
  const outcomes = await Promise.all([load(readings), load(readings)])
  expect(outcomes.map(({ inserted }) => inserted).sort()).toEqual([0, MANY])
  expect(await storedReadings(database)).toEqual(readings)
})

test('without the migrations it names the command that applies them', async () => {
  await using empty = await openTestDatabase('native', { migrated: false })
  await using session = await empty.openSession('test')
  await expect(
    loadReadings(session, batchesOf([reading(1, JUNE)]), { onDuplicate: 'KEEP' }),
  ).rejects.toMatchObject({
    code: 'SCHEMA_NOT_READY',
    message: expect.stringContaining('npm run migrate'),
  })
})

test("deletes a plant's readings of a range, its end left out", async () => {
  await load([1, 2].flatMap((plant) => [0, 1, 2, 3].map((at) => reading(plant, JUNE + at))))
  expect(await deleteReadings(database.kysely, { plantId: 1, from: JUNE + 1, to: JUNE + 3 })).toBe(
    2,
  )
  expect((await storedReadings(database)).map((kept) => [kept.plantId, kept.timestamp])).toEqual([
    [1, JUNE],
    [1, JUNE + 3],
    [2, JUNE],
    [2, JUNE + 1],
    [2, JUNE + 2],
    [2, JUNE + 3],
  ])
})

test.each(['KEEP', 'REPLACE'] as const)(
  '0 and -0 are the same value, whether recorded or imported, with %s',
  async (onDuplicate) => {
    await load([reading(1, JUNE, { gridPower: 0 })])
    const negative = [reading(1, JUNE, { gridPower: -0 })]
    const same = { received: 1, inserted: 0, duplicates: 1, conflicts: 0 }
    expect(await load(negative, onDuplicate)).toEqual(same)
    expect(await record(negative, onDuplicate)).toMatchObject(same)
  },
)
