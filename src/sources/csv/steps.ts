import type { Instant } from '../../database/instant.ts'
import { type NumberField, quantities } from '../../quantities.ts'
import { emptyReading, type Reading } from '../../telemetry/reading.ts'
import { isSide, type Side, sides } from '../sides.ts'
import type { IntervalEnergies, ParsedRow } from './row-parser.ts'

/** A power that does not change is written down this often, so that no gap limit parts its readings. */
const STEP = 10 * 60 * 1_000_000

/** Turns the rows of a file, in its order, into readings. */
export interface RowReadings {
  push(row: ParsedRow): readonly Reading[]
  /** The readings that were held back. */
  end(): readonly Reading[]
}

/** One reading a row. */
export const readingsOfRows: RowReadings = {
  push: ({ reading }) => [reading],
  end: () => [],
}

/** Which moment of its interval the time of a row is. */
export type IntervalTime = 'start' | 'end'

/**
 * Turns energies of intervals into powers whose integral is these energies: constant from the start of the interval to
 * a microsecond before its end. If both sides of a power have energy, one flows in the first part of the interval and
 * the other one in the rest. A row's interval ends where that of the next one begins, so that a day may have 23 or 25
 * hours; without a neighbour it is `length` long, in microseconds.
 */
export function readingsOfIntervals(length: number, timeIs: IntervalTime): RowReadings {
  const plants = new Map<number, { before: Instant | undefined; row: ParsedRow }>()
  const spread = (row: ParsedRow, neighbours: readonly (Instant | undefined)[]) => {
    const { energies } = row
    if (energies === undefined) return [row.reading]
    const own = lengthBeside(row.reading.timestamp, neighbours, length, timeIs)
    return stepsOf(row.reading, energies, own, timeIs)
  }
  return {
    push: (row) => {
      const { plantId, timestamp } = row.reading
      const held = plants.get(plantId)
      plants.set(plantId, { before: held?.row.reading.timestamp, row })
      return held === undefined ? [] : spread(held.row, [held.before, timestamp])
    },
    end: () => {
      const rest = [...plants.values()].flatMap(({ before, row }) => spread(row, [before]))
      plants.clear()
      return rest
    },
  }
}

function lengthBeside(
  time: Instant,
  neighbours: readonly (Instant | undefined)[],
  length: number,
  timeIs: IntervalTime,
): number {
  for (const neighbour of neighbours) {
    if (neighbour === undefined) continue
    const distance = timeIs === 'start' ? neighbour - time : time - neighbour
    if (distance >= length / 2 && distance <= length * 1.15) return distance
  }
  return length
}

/** From this offset on, in microseconds, the power has this value, until the next one. */
type Course = { from: number; value: number }[]

function stepsOf(
  reading: Reading,
  energies: IntervalEnergies,
  length: number,
  timeIs: IntervalTime,
): Reading[] {
  const courses = coursesOf(energies, length)
  const isMeasured = quantities.some(({ field }) => reading[field] !== null)
  if (courses.size === 0) return isMeasured ? [reading] : []
  const start = timeIs === 'start' ? reading.timestamp : reading.timestamp - length
  const last = length - 1
  const offsets = new Set([0, last])
  for (let offset = STEP; offset < last; offset += STEP) offsets.add(offset)
  for (const course of courses.values()) {
    for (const { from } of course) {
      offsets.add(from)
      if (from > 0) offsets.add(from - 1)
    }
  }
  const own = timeIs === 'start' ? 0 : last
  return [...offsets]
    .toSorted((a, b) => a - b)
    .map((offset) => {
      const time = start + offset
      const step =
        offset === own ? { ...reading, timestamp: time } : emptyReading(reading.plantId, time)
      for (const [field, course] of courses) {
        step[field] = course.findLast(({ from }) => from <= offset)?.value ?? null
      }
      return step
    })
}

function coursesOf(energies: IntervalEnergies, length: number): Map<NumberField, Course> {
  const courses = new Map<NumberField, Course>()
  const sideOf = (side: Side) => energies.get(side) ?? 0
  for (const [target, energy] of energies) {
    if (!isSide(target)) {
      courses.set(target, [{ from: 0, value: powerOf(energy, length) }])
      continue
    }
    const { field } = sides[target]
    const [positive, negative] =
      field === 'gridPower'
        ? [sideOf('gridImport'), sideOf('gridExport')]
        : [sideOf('batteryDischarge'), sideOf('batteryCharge')]
    if (positive === 0 || negative === 0) {
      courses.set(field, [{ from: 0, value: powerOf(positive - negative, length) }])
      continue
    }
    const split = Math.min(
      length - 1,
      Math.max(1, Math.round((length * positive) / (positive + negative))),
    )
    courses.set(field, [
      { from: 0, value: powerOf(positive, split) },
      { from: split, value: -powerOf(negative, length - split) },
    ])
  }
  return courses
}

/** W, from Wh in a time of microseconds. */
function powerOf(energy: number, length: number): number {
  return (energy * 3_600_000_000) / length
}

/**
 * Holds each value of a plant until its next one, for `hold` microseconds at most: for sensors that record changes
 * only. The values become steps. Throws through `refuse` if the rows are not in the order of time.
 */
export function readingsHeld(hold: number, refuse: (row: ParsedRow) => never): RowReadings {
  const plants = new Map<number, HeldPlant>()
  return {
    push: (row) => {
      const { reading } = row
      const held = plants.get(reading.plantId)
      if (held === undefined) {
        plants.set(reading.plantId, new HeldPlant(reading, hold))
        return [reading]
      }
      if (reading.timestamp < held.time) refuse(row)
      return held.goOn(reading)
    },
    end: () => [],
  }
}

type Field = (typeof quantities)[number]['field']

class HeldPlant {
  time: Instant
  readonly #hold: number
  readonly #until = new Map<Field, Instant>()
  #values: Reading

  constructor(reading: Reading, hold: number) {
    this.time = reading.timestamp
    this.#hold = hold
    this.#values = { ...reading }
    for (const { field } of quantities) {
      if (reading[field] !== null) this.#until.set(field, this.time + hold)
    }
  }

  /** Returns what holds until the next reading, and that reading with what still holds. */
  goOn(reading: Reading): Reading[] {
    const { time } = this
    const next = reading.timestamp
    const times = new Set<Instant>()
    for (const until of this.#until.values()) if (until < next) times.add(until - 1)
    if ([...this.#until.values()].some((until) => until >= next) && next - 1 > time) {
      times.add(next - 1)
    }
    const last = Math.max(time, ...times)
    for (let step = time + STEP; step < last; step += STEP) times.add(step)
    const steps = [...times]
      .filter((step) => step > time && step < next)
      .toSorted((a, b) => a - b)
      .map((step) => this.#valuesAt(step))
    const whole = { ...this.#valuesAt(next) }
    for (const { field } of quantities) {
      if (reading[field] === null) continue
      copyField(reading, whole, field)
      this.#until.set(field, next + this.#hold)
    }
    this.#values = whole
    this.time = next
    return [...steps, whole]
  }

  #valuesAt(time: Instant): Reading {
    const reading = { ...this.#values, timestamp: time }
    for (const { field } of quantities) {
      if ((this.#until.get(field) ?? 0) <= time) reading[field] = null
    }
    return reading
  }
}

function copyField<Key extends Field>(from: Reading, to: Reading, field: Key): void {
  to[field] = from[field]
}
