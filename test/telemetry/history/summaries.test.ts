import fc from 'fast-check'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Instant } from '../../../src/database/instant.ts'
import type { Schema } from '../../../src/database/schema.ts'
import { type NumberField, numberFields } from '../../../src/quantities.ts'
import { readSummaries } from '../../../src/telemetry/history/read-summaries.ts'
import { readCounts } from '../../../src/telemetry/history/reading-counts.ts'
import { setMaxGap } from '../../../src/telemetry/history/rebuild.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { type Aspect, aspects } from '../../../src/telemetry/history/summary.ts'
import { engines, openTestDatabase } from '../../support/database.ts'
import { JUNE, reading, storedReadings } from '../../support/readings.ts'
import { differences } from './differences.ts'
import { edgesAt, place } from './histories.ts'
import { gapLimitAfter, type Operation, operationAt, PLANTS, perform } from './operations.ts'
import { MAX_GAP, MINUTE, referenceSummaries } from './reference.ts'

interface Question {
  edges: readonly Instant[]
  /** More edges, at the readings before which this fraction of all lies. */
  atReadings: readonly number[]
  quantities: readonly NumberField[]
  aspects: readonly Aspect[]
}

const questionAt = (place: Instant): fc.Arbitrary<Question> =>
  fc.record({
    edges: edgesAt(place),
    atReadings: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
    quantities: fc.oneof(
      fc.constant(numberFields),
      fc.subarray([...numberFields], { minLength: 1 }),
    ),
    aspects: fc.oneof(fc.constant(aspects), fc.constant([]), fc.subarray([...aspects])),
  })

const story = place.chain((place) =>
  fc.record({
    operations: fc.array(operationAt(place, 40), { minLength: 1, maxLength: 12, size: 'max' }),
    before: questionAt(place),
    after: questionAt(place),
  }),
)

/** Describes where the summaries, or their number, differ from the readings. */
async function faultsOf(
  kysely: Kysely<Schema>,
  { edges: own, atReadings, quantities, aspects }: Question,
  operations: readonly Operation[] = [],
): Promise<string[]> {
  const stored = await storedReadings({ kysely })
  const found: string[] = []
  for (const plantId of PLANTS) {
    const readings = stored.filter((reading) => reading.plantId === plantId)
    const times = atReadings.map((part) => readings[Math.floor(part * readings.length)]?.timestamp)
    const edges = [...new Set([...own, ...times.filter((time) => time !== undefined)])]
    edges.sort((a, b) => a - b)
    const summaries = await readSummaries(kysely, { plantId, edges, quantities, aspects })
    const maxGap = gapLimitAfter(operations, plantId) * 1000
    const reference = referenceSummaries(readings, edges, quantities, maxGap)
    found.push(...differences(summaries, reference, edges, aspects))
  }
  const { total } = await readCounts(kysely)
  if (total !== stored.length) found.push(`${total} readings instead of ${stored.length}`)
  return found
}

/** The time for shrinking a failure. */
const interruptAfterTimeLimit = 50_000

describe.each(engines)('summaries on %s', (engine) => {
  test('say what the readings say, whatever happened to them and however far they are rolled up', async () => {
    await using database = await openTestDatabase(engine)
    const { kysely } = database
    await fc.assert(
      fc.asyncProperty(story, async ({ operations, before, after }) => {
        await sql`truncate solark.telemetry, solark.plant`.execute(kysely)
        await setMaxGap(kysely, MAX_GAP / 1000)
        for (const operation of operations) await perform(kysely, operation)
        expect(await faultsOf(kysely, before, operations)).toEqual([])
        await rollUp(kysely)
        expect(await faultsOf(kysely, after, operations)).toEqual([])
      }),
      { numRuns: engine === 'native' ? 50 : 8, interruptAfterTimeLimit },
    )
  })
})

test('summaries stay right while several programs write and two roll up', async () => {
  await using database = await openTestDatabase('native')
  const { kysely } = database
  const writes = operationAt(JUNE, 40).filter(({ kind }) => kind === 'write' || kind === 'delete')
  const round = fc.tuple(writes, writes, fc.constant({ kind: 'roll up' as const }))
  await fc.assert(
    fc.asyncProperty(
      fc.array(round, { minLength: 1, maxLength: 4, size: 'max' }),
      questionAt(JUNE),
      async (rounds, question) => {
        await sql`truncate solark.telemetry`.execute(kysely)
        for (const [one, other, maintenance] of rounds) {
          await Promise.all(
            [one, maintenance, other, maintenance].map((operation) => perform(kysely, operation)),
          )
        }
        expect(await faultsOf(kysely, question)).toEqual([])
        await rollUp(kysely)
        expect(await faultsOf(kysely, question)).toEqual([])
      },
    ),
    { numRuns: 25, interruptAfterTimeLimit },
  )
})

test('a lower gap limit takes away the lines of the old one, of readings deleted just before too', async () => {
  await using database = await openTestDatabase('native')
  const { kysely } = database
  const last = JUNE + 50 * MINUTE
  await setMaxGap(kysely, 60 * 60_000)
  const readings = [reading(1, JUNE, { pvPower: 1000 }), reading(1, last, { pvPower: 1000 })]
  await perform(kysely, { kind: 'write', readings, onDuplicate: 'KEEP', undone: false })
  await rollUp(kysely)
  await perform(kysely, { kind: 'delete', plantId: 1, since: last, until: last + 1 })
  await setMaxGap(kysely, 5 * 60_000)
  const edges = [JUNE, JUNE + 60 * MINUTE]
  for (const _ of ['before it is rolled up', 'after']) {
    const [hour] = await readSummaries(kysely, { plantId: 1, edges, quantities: ['pvPower'] })
    expect(hour).toMatchObject({ samples: 1, covered: 0, of: { pvPower: { integral: 0 } } })
    await rollUp(kysely)
  }
})
