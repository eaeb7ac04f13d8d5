import fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Instant } from '../../../src/database/instant.ts'
import type { Schema } from '../../../src/database/schema.ts'
import { numberFields } from '../../../src/quantities.ts'
import { readSummaries } from '../../../src/telemetry/history/read-summaries.ts'
import { planRetention } from '../../../src/telemetry/retention/plan.ts'
import { KEEP_ALL, type RetentionPolicy } from '../../../src/telemetry/retention/policy.ts'
import { runRetention } from '../../../src/telemetry/retention/run.ts'
import { graphql } from '../../generated/gql.ts'
import { openTestApi, type TestApi } from '../../support/api.ts'
import { engines } from '../../support/database.ts'
import { hasHypertable } from '../../support/hypertable.ts'
import {
  countExactly,
  course,
  DAY,
  daysAgo,
  HOUR,
  MINUTE,
  rollUpAll,
  type Sample,
  store,
} from './past.ts'

const Newest = graphql(`
  query NewestOfEach {
    systemStats {
      totalEnergySnapshots
    }
    plants {
      plantId
      latest {
        timestamp
      }
    }
  }
`)

describe.each(engines)('retention on %s', (engine) => {
  let api: TestApi
  let kysely: Kysely<Schema>
  beforeAll(async () => {
    api = await openTestApi(engine)
    kysely = api.database.kysely
  })
  afterAll(() => api[Symbol.asyncDispose]())
  beforeEach(async () => {
    await sql`truncate solark.telemetry, solark.plant, solark.retention_run`.execute(kysely)
  })

  async function retain(policy: Partial<RetentionPolicy>) {
    await using session = await api.database.openSession('test')
    return await runRetention(session, { ...KEEP_ALL, ...policy })
  }

  /** Made of whole quarters of an hour. Rounded, because tiles add up in another order than readings. */
  async function history(plantId: number, from: Instant, to: Instant, width: Instant) {
    const edges = Array.from({ length: Math.ceil((to - from) / width) + 1 }, (_, i) =>
      Math.min(from + i * width, to),
    )
    const summaries = await readSummaries(kysely, { plantId, edges, quantities: numberFields })
    return summaries.map((summary) =>
      JSON.stringify(summary, (_, value) =>
        typeof value === 'number' ? Number(value.toPrecision(10)) : value,
      ),
    )
  }

  async function oldest(): Promise<Instant | null> {
    const { rows } = await sql<{ oldest: Instant | null }>`
      select min(timestamp) as oldest from solark.telemetry`.execute(kysely)
    return rows[0]?.oldest ?? null
  }

  test('readings past it go, in whole chunks of a hypertable; history stays as it was', async () => {
    const samples = course([1, 2], { from: 75, to: 0, every: HOUR / 5 })
    await store(kysely, samples)
    // Nothing is rolled up yet: retention must do that first.
    const before = await history(1, daysAgo(75), daysAgo(0), 6 * HOUR)
    expect(before.some((summary) => summary.includes('"covered":21600000000'))).toBe(true)

    const plan = await planRetention(kysely, { ...KEEP_ALL, readings: 40 })
    const planned = plan.dropped.reduce((sum, { readings }) => sum + readings, 0)
    expect(planned).toBeGreaterThan(0)
    const result = await retain({ readings: 40 })
    expect(result).toMatchObject({ readings: planned, tiles: 0, compressed: 0, unfinished: null })
    expect(await countExactly(kysely)).toBe(samples.length - planned)
    // A chunk that begins before the cutoff is dropped when its end has passed.
    const first = (await oldest()) ?? 0
    if (!hasHypertable(engine)) expect(first).toBe(daysAgo(40) + HOUR / 10)
    else expect(daysAgo(40) - first).toBeLessThan(30 * DAY)

    expect(await history(1, daysAgo(75), daysAgo(0), 6 * HOUR)).toEqual(before)
    await rollUpAll(kysely)
    expect(await history(1, daysAgo(75), daysAgo(0), 6 * HOUR)).toEqual(before)
    expect(await countExactly(kysely)).toBe(samples.length - planned)
    expect(await retain({ readings: 40 })).toMatchObject({ readings: 0, unfinished: null })
  })

  test('a late reading is stored, changes nothing that is frozen, and goes with the next run', async () => {
    await store(kysely, course([1], { from: 75, to: 0, every: HOUR / 5 }))
    await retain({ readings: 30 })
    const kept = await countExactly(kysely)
    const before = await history(1, daysAgo(75), daysAgo(0), HOUR)

    const late = course([1], { from: 74, to: 73, every: 2 * MINUTE })
    await store(kysely, late)
    expect(await countExactly(kysely)).toBe(kept + late.length)
    await rollUpAll(kysely)
    expect(await countExactly(kysely)).toBe(kept + late.length)
    expect(await history(1, daysAgo(75), daysAgo(0), HOUR)).toEqual(before)

    expect(await retain({ readings: 30 })).toMatchObject({ readings: late.length })
    expect(await countExactly(kysely)).toBe(kept)

    // Into a new chunk, which is dropped before anything has counted it.
    await store(kysely, late)
    expect(await retain({ readings: 30 })).toMatchObject({ readings: late.length })
    expect(await countExactly(kysely)).toBe(kept)
    await rollUpAll(kysely)
    expect(await countExactly(kysely)).toBe(kept)
    expect(await history(1, daysAgo(75), daysAgo(0), HOUR)).toEqual(before)
  })

  test('a plant that was silent for longer has no newest reading any more', async () => {
    await store(kysely, [
      ...course([1], { from: 75, to: 74, every: HOUR }),
      ...course([2], { from: 75, to: 0, every: HOUR }),
    ])
    const newest = { timestamp: new Date((daysAgo(0) - HOUR / 2) / 1000).toISOString() }
    expect((await api.ask(Newest)).plants).toEqual([
      {
        plantId: 1,
        latest: { timestamp: new Date((daysAgo(74) - HOUR / 2) / 1000).toISOString() },
      },
      { plantId: 2, latest: newest },
    ])
    const feed = api.services.liveFeed.latest.subscribe({ plantId: 1 })
    await feed.next()
    await retain({ readings: 30 })
    const { plants } = await api.ask(Newest)
    expect(plants).toEqual([
      { plantId: 1, latest: null },
      { plantId: 2, latest: newest },
    ])
    await feed.return?.()
  })

  test('corrections and deletions of what is kept reach history after it', async () => {
    await store(kysely, course([1], { from: 75, to: 0, every: HOUR / 5 }))
    await retain({ readings: 30 })
    const edges = [daysAgo(20), daysAgo(19)]
    const read = async () => {
      const [day] = await readSummaries(kysely, { plantId: 1, edges, quantities: ['pvPower'] })
      return day?.of.pvPower
    }
    await sql`update solark.telemetry set pv_power = 1e5 where timestamp < now() - interval '5 days'`.execute(
      kysely,
    )
    expect((await read())?.max).toBe(1e5)
    await rollUpAll(kysely)
    expect((await read())?.max).toBe(1e5)
    await sql`delete from solark.telemetry where timestamp < now() - interval '5 days'`.execute(
      kysely,
    )
    expect(await read()).toMatchObject({ covered: 0, max: null })
    await countExactly(kysely)
  })

  test('rollups past theirs go, but none that readings still stand behind', async () => {
    await store(kysely, course([1, 2], { from: 75, to: 0, every: HOUR / 5 }))
    const policy = { ...KEEP_ALL, readings: 30, rollups: 30 }
    const { tiles } = await planRetention(kysely, policy)
    await rollUpAll(kysely)
    expect(tiles).toBe(0)
    const planned = (await planRetention(kysely, policy)).tiles
    const result = await retain(policy)
    expect(result?.tiles).toBe(planned)
    expect(planned).toBeGreaterThan(0)
    const first = (await oldest()) ?? 0
    const covered = async () =>
      (await history(2, daysAgo(75), daysAgo(0), DAY)).map(
        (day) => !/^{"samples":[0-9]+,"covered":0,/.test(day),
      )
    const expected = Array.from({ length: 75 }, (_, day) => daysAgo(75 - day) >= first)
    const found = await covered()
    // Tiles at the edge of the first remaining chunk are frozen.
    const edge = expected.indexOf(true)
    expect(found.slice(0, edge - 1)).not.toContain(true)
    expect(found.slice(edge)).not.toContain(false)
    expect((await retain(policy))?.tiles).toBe(0)
  })

  test('old chunks are compressed, and where that is impossible it is said and no error', async () => {
    const compresses = hasHypertable(engine)
    await store(kysely, course([1], { from: 75, to: 0, every: HOUR }))
    const { whyNotCompressed, compress } = await planRetention(kysely, {
      ...KEEP_ALL,
      compressAfter: 10,
    })
    expect(whyNotCompressed === null).toBe(compresses)
    expect(await retain({ compressAfter: 10 })).toMatchObject({
      readings: 0,
      compressed: compress.length,
      unfinished: null,
    })
    expect(compress.length > 0).toBe(compresses)
    expect(await countExactly(kysely)).toBe(1800)
  })

  test('whatever readings and however long they are kept: history is as before, and counts are exact', async () => {
    const sample: fc.Arbitrary<Sample> = fc.record({
      plantId: fc.integer({ min: 1, max: 2 }),
      timestamp: fc
        .tuple(fc.integer({ min: 0, max: 70 }), fc.nat({ max: 4 * 3600 }))
        .map(([days, second]) => daysAgo(days) - 2 * HOUR + second * 1_000_000),
      power: fc.integer({ min: -5000, max: 5000 }),
    })
    const bursts = fc.array(
      fc.tuple(sample, fc.integer({ min: 1, max: 25 }), fc.integer({ min: 30, max: 1200 })),
      { minLength: 5, maxLength: 25 },
    )
    const spread = (list: [Sample, number, number][]) =>
      list.flatMap(([start, count, step]) =>
        Array.from({ length: count }, (_, i) => ({
          ...start,
          timestamp: start.timestamp + i * step * 1_000_000,
          power: start.power + 100 * i,
        })),
      )
    await fc.assert(
      fc.asyncProperty(
        bursts,
        bursts,
        fc.array(fc.integer({ min: 1, max: 65 }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 7, max: 96 }),
        async (first, late, days, quarters) => {
          await sql`truncate solark.telemetry, solark.plant`.execute(kysely)
          await store(kysely, spread(first))
          const width = quarters * 15 * MINUTE
          const read = async () => [
            await history(1, daysAgo(72), daysAgo(-1), width),
            await history(2, daysAgo(72), daysAgo(-1), width),
          ]
          await rollUpAll(kysely)
          const before = await read()
          for (const readings of days) {
            expect(await retain({ readings })).toMatchObject({ unfinished: null })
            await countExactly(kysely)
            expect(await read()).toEqual(before)
          }
          await store(kysely, spread(late))
          await countExactly(kysely)
          await rollUpAll(kysely)
          await countExactly(kysely)
          const after = await read()
          await retain({ readings: Math.min(...days) })
          await countExactly(kysely)
          expect(await read()).toEqual(after)
        },
      ),
      { numRuns: 6, endOnFailure: true },
    )
  })
})
