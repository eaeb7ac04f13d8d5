import type { Instant } from '../../../src/database/instant.ts'
import { isOneWay, type NumberField } from '../../../src/quantities.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'

/** What a summary must say, computed from the readings themselves, as slowly and plainly as possible. */
export interface ReferenceSummary {
  samples: number
  covered: number
  of: Map<NumberField, ReferenceCourse>
}

export interface ReferenceCourse {
  covered: number
  integral: number
  positive: number
  min: number | null
  max: number | null
  mean: number | null
  /** The scale of rounding errors: the larger value at the ends of each line, times its duration, */
  magnitude: number
  /** and the largest value within the gap limit of the range. */
  largest: number
}

export const MINUTE: Instant = 60_000_000
/** The default gap limit. */
export const MAX_GAP: Instant = 20 * MINUTE

/** A point of the line. */
interface Point {
  time: Instant
  value: number
}

/** A straight part of the line, completely inside its range. */
interface Piece {
  duration: number
  first: number
  last: number
  /** The larger value of the two readings that it joins. */
  largest: number
}

/**
 * One summary for each range between neighbouring edges. The readings are those of one plant, in the order of time.
 */
export function referenceSummaries(
  readings: readonly Reading[],
  edges: readonly Instant[],
  quantities: readonly NumberField[],
  maxGap: Instant = MAX_GAP,
): ReferenceSummary[] {
  const rows = readings.map(({ timestamp }) => ({ time: timestamp, value: 0 }))
  const lines = quantities.map((quantity) => [quantity, pointsOf(readings, quantity)] as const)
  return edges.slice(1).map((until, index) => {
    const since = edges[index] ?? until
    return {
      samples: pointsWithin(rows, since, until).length,
      covered: durationOf(piecesWithin(rows, since, until, maxGap)),
      of: new Map(
        lines.map(([quantity, points]) => {
          const line = { points, oneWay: isOneWay(quantity) }
          return [quantity, referenceCourse(line, since, until, maxGap)]
        }),
      ),
    }
  })
}

function pointsOf(readings: readonly Reading[], quantity: NumberField): Point[] {
  const points: Point[] = []
  for (const reading of readings) {
    const value = reading[quantity]
    if (value === null || !Number.isFinite(value) || Math.abs(value) >= 1e12) continue
    points.push({ time: reading.timestamp, value })
  }
  return points
}

function referenceCourse(
  { points, oneWay }: { points: readonly Point[]; oneWay: boolean },
  since: Instant,
  until: Instant,
  maxGap: Instant,
): ReferenceCourse {
  // Of power that flows one way no negative value counts.
  const counted = (value: number) => (oneWay ? Math.max(0, value) : value)
  const pieces = piecesWithin(points, since, until, maxGap)
  const readings = pointsWithin(points, since, until).map(({ value }) => counted(value))
  const reach = pointsWithin(points, since - maxGap, until + maxGap + 1)
  const ends = pieces.flatMap(({ first, last }) => [first, last])
  const values = [...readings, ...ends.map(counted)]
  const covered = durationOf(pieces)
  const positive = sum(pieces.map(areaAboveZero))
  const integral = oneWay
    ? positive
    : sum(pieces.map(({ first, last, duration }) => ((first + last) / 2) * duration))
  return {
    covered,
    integral: integral / 1e6,
    positive: positive / 1e6,
    min: values.length === 0 ? null : values.reduce((a, b) => Math.min(a, b)),
    max: values.length === 0 ? null : greatest(values),
    mean:
      covered > 0
        ? integral / covered
        : readings.length > 0
          ? sum(readings) / readings.length
          : null,
    magnitude: sum(pieces.map(({ largest, duration }) => largest * duration)) / 1e6,
    largest: greatest([0, ...reach.map(({ value }) => Math.abs(value))]),
  }
}

function pointsWithin(points: readonly Point[], since: Instant, until: Instant): Point[] {
  return points.filter(({ time }) => time >= since && time < until)
}

/** Joins neighbouring points within the gap limit, and keeps what lies inside the range. */
function piecesWithin(
  points: readonly Point[],
  since: Instant,
  until: Instant,
  maxGap: Instant,
): Piece[] {
  const pieces: Piece[] = []
  for (let index = 1; index < points.length; index++) {
    const a = points[index - 1]
    const b = points[index]
    if (a === undefined || b === undefined || b.time - a.time > maxGap) continue
    const from = Math.max(a.time, since)
    const to = Math.min(b.time, until)
    if (from >= to) continue
    pieces.push({
      duration: to - from,
      first: valueAt(from, a, b),
      last: valueAt(to, a, b),
      largest: Math.max(Math.abs(a.value), Math.abs(b.value)),
    })
  }
  return pieces
}

function valueAt(time: Instant, a: Point, b: Point): number {
  if (time === a.time) return a.value
  if (time === b.time) return b.value
  return (a.value * (b.time - time) + b.value * (time - a.time)) / (b.time - a.time)
}

/** A trapezium or, for a piece that crosses zero, the triangle above zero. */
function areaAboveZero({ first, last, duration }: Piece): number {
  if (first <= 0 && last <= 0) return 0
  if (first >= 0 && last >= 0) return ((first + last) / 2) * duration
  const top = Math.max(first, last)
  const bottom = Math.min(first, last)
  return (top / 2) * (top / (top - bottom)) * duration
}

function durationOf(pieces: readonly Piece[]): number {
  return sum(pieces.map(({ duration }) => duration))
}

function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
