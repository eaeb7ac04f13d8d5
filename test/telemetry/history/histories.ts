import fc from 'fast-check'
import type { Instant } from '../../../src/database/instant.ts'
import { type NumberField, numberFields, recordOf } from '../../../src/quantities.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'
import { reading } from '../../support/readings.ts'
import { MAX_GAP, MINUTE } from './reference.ts'

/** The range of times that solark.telemetry accepts; the end is exclusive. */
export const FIRST_TIME: Instant = Date.UTC(1900, 0) * 1000
export const END_OF_TIME: Instant = Date.UTC(2255, 0) * 1000

const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Histories take place around these: hours after one, at most days away. */
const places: readonly Instant[] = [
  FIRST_TIME,
  // Where microseconds and seconds change their sign, in TypeScript and in PostgreSQL.
  Date.UTC(1970, 0) * 1000 - 90 * MINUTE,
  Date.UTC(2000, 0) * 1000 - 90 * MINUTE,
  Date.UTC(2026, 5, 1) * 1000,
  Date.UTC(2026, 2, 29, 0, 7, 30) * 1000 + 1,
  // Seconds since 1970 exceed 32 bits.
  Date.UTC(2100, 0) * 1000,
  // The last that a double holds in microseconds.
  END_OF_TIME - 5 * HOUR,
]

export const place: fc.Arbitrary<Instant> = fc.constantFrom(...places)

/** An offset from a place: on the minute, where edges lie, or anywhere. */
const offset = fc.oneof(
  fc.integer({ min: 0, max: 60 }).map((fives) => fives * 5 * MINUTE),
  fc.integer({ min: 0, max: 5 * HOUR }),
)

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(MINUTE / 60, MINUTE / 6, MINUTE, 5 * MINUTE) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 20 * MINUTE }) },
  { weight: 3, arbitrary: fc.constantFrom(MAX_GAP - 1, MAX_GAP, MAX_GAP + 1) },
  { weight: 1, arbitrary: fc.constantFrom(1, 999, 1_000_001, HOUR, 3 * DAY) },
)

const value = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 6, arbitrary: fc.integer({ min: -20, max: 20 }).map((hundreds) => hundreds * 100) },
  { weight: 3, arbitrary: fc.double({ min: -1e4, max: 1e4, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(5e-324, -5e-324, 1e-170, -1e-170, 1e-90, -1e-90) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(1e12, -1e12, 999_999_999_999.9, -999_999_999_999.9, 1e308),
  },
)

/** As programs write them that know only some of the columns, or none. */
const columns = fc.oneof(
  { weight: 5, arbitrary: fc.constant(numberFields) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<readonly NumberField[]>(
      ['soc', 'pvPower', 'loadPower'],
      ['batteryPower', 'gridPower', 'batteryVoltage'],
    ),
  },
  { weight: 1, arbitrary: fc.constant<readonly NumberField[]>([]) },
)

const values = fc.record(recordOf(numberFields, () => value))

/**
 * Readings of a plant in the order of time, hours after the place, including null, NaN, infinite and absurd values.
 */
export function readingsAt(
  place: Instant,
  plantId: number,
  maxLength: number,
): fc.Arbitrary<Reading[]> {
  const row = fc.record({ step, columns, values })
  return fc
    .record({ offset, rows: fc.array(row, { maxLength, size: 'max' }) })
    .map(({ offset, rows }) => {
      let time = place + offset
      return rows
        .map(({ step, columns, values }) => {
          time += step
          const written = columns.map((column) => [column, values[column]] as const)
          return reading(plantId, time, Object.fromEntries(written))
        })
        .filter(({ timestamp }) => timestamp < END_OF_TIME)
    })
}

/** A range near a place; `until` is exclusive. */
export function rangeAt(place: Instant): fc.Arbitrary<{ since: Instant; until: Instant }> {
  return fc
    .tuple(offset, offset)
    .map(([a, b]) => ({ since: place + Math.min(a, b), until: place + Math.max(a, b) }))
}

const widths = [1, MINUTE / 60, MINUTE, 5 * MINUTE, MAX_GAP, HOUR, 6 * HOUR, DAY, 30 * DAY]

/** In ascending order: regular as a chart's, as a calendar's, or anywhere; some beyond all readings. */
export function edgesAt(place: Instant): fc.Arbitrary<Instant[]> {
  const regular = fc
    .record({
      offset,
      width: fc.constantFrom(...widths),
      before: fc.integer({ min: 0, max: 10 }),
      count: fc.integer({ min: 1, max: 40 }),
    })
    .map(({ offset, width, before, count }) =>
      Array.from({ length: count + 1 }, (_, index) => place + offset + (index - before) * width),
    )
  const hourly = fc
    .record({ before: fc.integer({ min: 0, max: 48 }), count: fc.integer({ min: 24, max: 72 }) })
    .map(({ before, count }) => {
      const start = Math.floor(place / HOUR) * HOUR
      return Array.from({ length: count + 1 }, (_, index) => start + (index - before) * HOUR)
    })
  const years = fc.constant(
    Array.from({ length: 356 }, (_, index) => Date.UTC(1900 + index, 0) * 1000),
  )
  const anywhere = fc
    .array(
      fc.oneof(
        { weight: 8, arbitrary: offset.map((offset) => place + offset) },
        { weight: 1, arbitrary: fc.integer({ min: FIRST_TIME, max: END_OF_TIME }) },
        { weight: 1, arbitrary: fc.constantFrom(FIRST_TIME, END_OF_TIME) },
      ),
      { minLength: 2, maxLength: 12 },
    )
    .map((edges) => [...new Set(edges)].sort((a, b) => a - b))
  return fc
    .oneof(
      { weight: 4, arbitrary: regular },
      { weight: 3, arbitrary: anywhere },
      { weight: 2, arbitrary: hourly },
      { weight: 1, arbitrary: years },
    )
    .map((edges) => edges.filter((edge) => edge >= FIRST_TIME && edge <= END_OF_TIME))
}
