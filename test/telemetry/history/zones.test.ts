import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Instant } from '../../../src/database/instant.ts'
import { numberFields } from '../../../src/quantities.ts'
import { readSummaries } from '../../../src/telemetry/history/read-summaries.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { reading, storedReadings } from '../../support/readings.ts'
import { differences } from './differences.ts'
import { readingsAt } from './histories.ts'
import { perform } from './operations.ts'
import { MINUTE, referenceSummaries } from './reference.ts'

/** Two days of 2026 and how many hours they have: those on which the clock changes, if it does. */
const zones: readonly [string, readonly [string, number][]][] = [
  [
    'Africa/Johannesburg',
    [
      ['2026-03-29', 24],
      ['2026-10-25', 24],
    ],
  ],
  [
    'America/Los_Angeles',
    [
      ['2026-03-08', 23],
      ['2026-11-01', 25],
    ],
  ],
  [
    'Europe/London',
    [
      ['2026-03-29', 23],
      ['2026-10-25', 25],
    ],
  ],
  [
    'Asia/Kathmandu',
    [
      ['2026-03-29', 24],
      ['2026-10-25', 24],
    ],
  ],
  [
    'Australia/Lord_Howe',
    [
      ['2026-10-04', 23.5],
      ['2026-04-05', 24.5],
    ],
  ],
]

let database: TestDatabase
beforeAll(async () => {
  database = await openTestDatabase('native')
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(() => sql`truncate solark.telemetry`.execute(database.kysely))

/** So many periods, from the one that begins at the given time. */
function edgesFrom(
  from: Temporal.ZonedDateTime,
  periods: number,
  unit: 'months' | 'days' | 'hours',
): Instant[] {
  return Array.from({ length: periods + 1 }, (_, index) =>
    Number(from.add({ [unit]: index }).epochNanoseconds / 1000n),
  )
}

describe.each(
  zones.flatMap(([zone, days]) => days.map(([day, hours]) => [zone, day, hours] as const)),
)('in %s around %s, a day of %d hours', (zone, day, hours) => {
  const midnight = Temporal.PlainDate.from(day).toZonedDateTime(zone)
  const dayBefore = midnight.subtract({ days: 1 })

  test('a steady kilowatt is as many kilowatt-hours as the day has hours', async () => {
    const days = edgesFrom(dayBefore, 3, 'days')
    const [first = 0, last = 0] = [days[0], days.at(-1)]
    const step = 15 * MINUTE
    const readings = Array.from({ length: (last - first) / step + 1 }, (_, index) =>
      reading(1, first + index * step, { pvPower: 1000 }),
    )
    await perform(database.kysely, { kind: 'write', readings, onDuplicate: 'KEEP', undone: false })
    const energies = async () =>
      (
        await readSummaries(database.kysely, { plantId: 1, edges: days, quantities: ['pvPower'] })
      ).map(({ of }) => (of.pvPower?.integral ?? 0) / 3_600_000)
    expect(await energies()).toEqual([24, hours, 24])
    await rollUp(database.kysely)
    expect(await energies()).toEqual([24, hours, 24])
  })

  test('hours, days and months hold what the readings say', async () => {
    const question = fc.constantFrom(
      edgesFrom(dayBefore, 72, 'hours'),
      edgesFrom(dayBefore, 4, 'days'),
      edgesFrom(dayBefore.with({ day: 1 }), 2, 'months'),
    )
    const place = Number(dayBefore.epochNanoseconds / 1000n) + 8 * 60 * MINUTE
    await fc.assert(
      fc.asyncProperty(
        readingsAt(place, 1, 400),
        question,
        fc.boolean(),
        async (readings, edges, rolledUp) => {
          await sql`truncate solark.telemetry`.execute(database.kysely)
          await perform(database.kysely, {
            kind: 'write',
            readings,
            onDuplicate: 'KEEP',
            undone: false,
          })
          if (rolledUp) await rollUp(database.kysely)
          const summaries = await readSummaries(database.kysely, {
            plantId: 1,
            edges,
            quantities: numberFields,
          })
          const stored = await storedReadings(database)
          expect(
            differences(summaries, referenceSummaries(stored, edges, numberFields), edges),
          ).toEqual([])
        },
      ),
      { numRuns: 5 },
    )
  })
})
