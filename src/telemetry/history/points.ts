import type { Instant } from '../../database/instant.ts'
import type { NumberField } from '../../quantities.ts'
import type { QuantitySummary, Summary } from './summary.ts'

/** One quantity over a bucket, in its unit. */
export interface Range {
  /** Time-weighted. */
  readonly avg: number
  readonly min: number
  readonly max: number
  /** Share of the bucket that values of this quantity cover, 0 to 1. */
  readonly coverage: number
}

/** The averages of all buckets, including those that were filled in, for the requested quantities. */
type Averages = ReadonlyMap<NumberField, readonly (number | null)[]>

/** One bucket. Its values are computed on demand: most of a chart is requested once, and little of each point. */
export class Point {
  readonly start: Instant
  readonly end: Instant
  readonly summary: Summary
  readonly #index: number
  readonly #averages: Averages

  constructor(
    { start, end }: { start: Instant; end: Instant },
    summary: Summary,
    { index, averages }: { index: number; averages: Averages },
  ) {
    this.start = start
    this.end = end
    this.summary = summary
    this.#index = index
    this.#averages = averages
  }

  /** null: neither measured nor filled in. */
  range(quantity: NumberField): Range | null {
    const avg = this.#averages.get(quantity)?.[this.#index] ?? null
    if (avg === null) return null
    const course = this.summary.of[quantity]
    if (course?.mean == null) return { avg, min: avg, max: avg, coverage: 0 }
    return new Measured(course, course.mean, this.end - this.start)
  }
}

class Measured implements Range {
  readonly avg: number
  readonly #course: QuantitySummary
  readonly #length: number

  constructor(course: QuantitySummary, avg: number, length: number) {
    this.#course = course
    this.avg = avg
    this.#length = length
  }

  get min(): number {
    return this.#course.min ?? this.avg
  }

  get max(): number {
    return this.#course.max ?? this.avg
  }

  get coverage(): number {
    return this.#course.covered / this.#length
  }
}

/** Makes the buckets between neighbouring edges, and fills in missing averages. Energy is never filled in. */
export function pointsOf({
  edges,
  summaries,
  quantities,
  fill,
}: {
  edges: readonly Instant[]
  summaries: readonly Summary[]
  quantities: readonly NumberField[]
  fill: Fill
}): Point[] {
  const spans = summaries.map((_, index) => ({
    start: edges[index] ?? 0,
    end: edges[index + 1] ?? 0,
  }))
  const middles = spans.map(({ start, end }) => (start + end) / 2)
  const averages = new Map(
    quantities.map((quantity) => {
      const values = summaries.map(({ of }) => of[quantity]?.mean ?? null)
      return [quantity, fillIn({ values, middles }, fill)] as const
    }),
  )
  return summaries.map(
    (summary, index) =>
      new Point(spans[index] ?? { start: 0, end: 0 }, summary, { index, averages }),
  )
}

/** What a bucket without a value contains: nothing, the previous value, or a straight line between its neighbours. */
export type Fill = 'NULL' | 'PREVIOUS' | 'LINEAR'

/** Values in the order of time, each with the middle of its bucket. */
export interface Series {
  values: readonly (number | null)[]
  middles: readonly number[]
}

/** Fills in missing values. There is none before the first value and, for LINEAR, none after the last. */
export function fillIn(series: Series, fill: Fill): readonly (number | null)[] {
  if (fill === 'PREVIOUS') return carryForward(series)
  if (fill === 'LINEAR') return interpolate(series)
  return series.values
}

function carryForward({ values }: Series): (number | null)[] {
  let last: number | null = null
  return values.map((value) => {
    last = value ?? last
    return last
  })
}

function interpolate({ values, middles }: Series): (number | null)[] {
  const filled = [...values]
  let before: number | undefined
  values.forEach((value, after) => {
    if (value === null) return
    if (before !== undefined) {
      const [since, until] = [middles[before] ?? 0, middles[after] ?? 0]
      const start = values[before] ?? 0
      for (let index = before + 1; index < after; index++) {
        const share = ((middles[index] ?? 0) - since) / (until - since)
        filled[index] = start + (value - start) * share
      }
    }
    before = after
  })
  return filled
}
