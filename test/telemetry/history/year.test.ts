import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Instant } from '../../../src/database/instant.ts'
import type { NumberField } from '../../../src/quantities.ts'
import { parseColumnMap } from '../../../src/sources/csv/columns.ts'
import { importCsv } from '../../../src/sources/csv/import.ts'
import { readSummaries } from '../../../src/telemetry/history/read-summaries.ts'
import { rollUp } from '../../../src/telemetry/history/roll-up.ts'
import type { Summary } from '../../../src/telemetry/history/summary.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import {
  householdColumns,
  householdZone,
  householdInstant as instantOf,
  measuredHousehold,
  writeHouseholdFile,
} from '../../support/household-file.ts'
import { storedReadings } from '../../support/readings.ts'
import { differences } from './differences.ts'
import { MINUTE, type ReferenceSummary, referenceSummaries } from './reference.ts'

const powers = [
  'pvPower',
  'batteryPower',
  'gridPower',
  'loadPower',
] as const satisfies NumberField[]

/** Midnights of the first days of months, or of all days. The zone has no daylight saving time. */
function midnights(from: string, to: string, unit: 'days' | 'months'): Instant[] {
  const edges: Instant[] = []
  const end = Temporal.PlainDate.from(to)
  let date = Temporal.PlainDate.from(from)
  while (Temporal.PlainDate.compare(date, end) <= 0) {
    edges.push(instantOf(`${date}T00:00`))
    date = date.add({ [unit]: 1 })
  }
  return edges
}

const year = [instantOf('2022-12-01T00:00'), instantOf('2023-12-01T00:00')]
const months = midnights('2022-12-01', '2023-12-01', 'months')
const days = midnights('2022-12-01', '2023-12-01', 'days')
/** Indexes of days: from the 13th of September, including the gap. */
const WEEK = [286, 297] as const
const week = days.slice(WEEK[0], WEEK[1] + 1)

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** The gap of the measured household, which the simulated one has, too. */
const gap = [instantOf('2023-09-18T15:05'), instantOf('2023-09-23T10:10')] as const

const households = measuredHousehold === undefined ? ['simulated'] : ['simulated', 'measured']

describe.each(households)('14 months of a %s household', (household) => {
  let database: TestDatabase
  let readings: Reading[]
  let expected: Record<'ofYear' | 'ofWeek', ReferenceSummary[]>
  beforeAll(async () => {
    database = await openTestDatabase('native')
    await using session = await database.openSession('import')
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-year-'))
    const simulated = join(folder, 'household.csv.gz')
    if (household === 'simulated') {
      const [from, to] = [instantOf('2022-09-21T00:00'), instantOf('2023-12-04T09:00')]
      await writeHouseholdFile(simulated, { from, to, gap })
    }
    const file = household === 'simulated' ? simulated : (measuredHousehold ?? '')
    await importCsv(session, createReadStream(file), {
      batteryPositive: 'discharging',
      gridPositive: 'import',
      unit: 'W',
      onDuplicate: 'KEEP',
      onError: 'stop',
      columns: parseColumnMap([householdColumns]),
      plantId: 7,
      timeZone: householdZone,
    })
    await rm(folder, { recursive: true })
    readings = await storedReadings(database)
    expected = {
      ofYear: referenceSummaries(readings, year, powers),
      ofWeek: referenceSummaries(readings, week, powers),
    }
  })
  afterAll(() => database?.[Symbol.asyncDispose]())

  const ask = (edges: readonly Instant[]) =>
    readSummaries(database.kysely, { plantId: 7, edges, quantities: powers })
  const total = (summaries: readonly Summary[], pick: (summary: Summary) => number) =>
    summaries.reduce((sum, summary) => sum + pick(summary), 0)

  describe.each(['from the readings', 'rolled up'])('%s', (way) => {
    beforeAll(async () => {
      if (way === 'rolled up') while ((await rollUp(database.kysely))?.more) {}
    })

    test('days, months and the year are what the readings say, and add up to the same', async () => {
      const [ofDays, ofMonths, ofYear] = [await ask(days), await ask(months), await ask(year)]
      expect([ofDays.length, ofMonths.length, ofYear.length]).toEqual([365, 12, 1])
      expect(differences(ofYear, expected.ofYear, year)).toEqual([])
      expect(differences(ofDays.slice(WEEK[0], WEEK[1]), expected.ofWeek, week)).toEqual([])

      for (const parts of [ofDays, ofMonths]) {
        expect(total(parts, ({ samples }) => samples)).toBe(ofYear[0]?.samples)
        expect(total(parts, ({ covered }) => covered)).toBe(ofYear[0]?.covered)
        for (const power of powers) {
          for (const part of ['covered', 'integral', 'positive'] as const) {
            const sum = total(parts, ({ of }) => of[power]?.[part] ?? Number.NaN)
            const whole = ofYear[0]?.of[power]?.[part] ?? Number.NaN
            expect(Math.abs(sum / whole - 1)).toBeLessThan(1e-9)
          }
        }
      }
    })

    test('the gap of 115 hours has no energy and counts as not covered', async () => {
      const [from, to] = gap
      expect((to - from) / (60 * MINUTE)).toBeCloseTo(115, 0)
      const [ofGap] = await ask([from, to])
      expect(ofGap).toMatchObject({ samples: 1, covered: 0 })
      for (const power of powers) {
        expect(ofGap?.of[power]).toMatchObject({ covered: 0, integral: 0, positive: 0 })
      }
      const emptyDays = await ask(midnights('2023-09-19', '2023-09-23', 'days'))
      expect(emptyDays.map(({ samples }) => samples)).toEqual([0, 0, 0, 0])
      expect(emptyDays.map(({ of }) => of.pvPower?.mean)).toEqual([null, null, null, null])
    })

    test('what comes in less what goes out is what the plant itself uses', async () => {
      const measured: number[] = []
      const everyTenth = days.slice(0, -1).filter((_, index) => index % 10 === 0)
      for (const day of everyTenth) {
        const fives = Array.from({ length: 289 }, (_, index) => day + index * 5 * MINUTE)
        for (const summary of await ask(fives)) {
          if (summary.covered > 0) measured.push(Math.abs(ownUse(summary)))
        }
      }
      expect(measured.length).toBeGreaterThan(10_000)
      const own = medianOf(readings.map((reading) => Math.abs(balanceOf(reading))))
      if (household === 'measured') expect(own).toBe(67)
      expect(own).toBeGreaterThan(20)
      // What a simulated plant uses itself follows its power, so the median of a tenth of the days is another.
      const near = household === 'measured' ? 2 : own / 10
      expect(Math.abs(medianOf(measured) - own)).toBeLessThan(near)
    })
  })
})

/** Watts, by the data's own balance: what flows towards the house minus what the house uses. */
function balanceOf({ pvPower, batteryPower, gridPower, loadPower }: Reading): number {
  return (pvPower ?? 0) + (batteryPower ?? 0) + (gridPower ?? 0) - (loadPower ?? 0)
}

/** Watts, from energies that each flow one way. */
function ownUse({ covered, of: { pvPower, batteryPower, gridPower, loadPower } }: Summary): number {
  if (!pvPower || !batteryPower || !gridPower || !loadPower) return Number.NaN
  const [discharge, imported] = [batteryPower.positive, gridPower.positive]
  const charge = discharge - batteryPower.integral
  const exported = imported - gridPower.integral
  expect(Math.min(discharge, charge, imported, exported)).toBeGreaterThan(-1e-6)
  const into = pvPower.integral + discharge + imported
  return (into - charge - exported - loadPower.integral) / (covered / 1e6)
}
