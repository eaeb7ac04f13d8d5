import type { Instant } from '../../database/instant.ts'
import type { NumberField } from '../../quantities.ts'
import type { QuantitySummary, Summary } from './summary.ts'

/** The course of one quantity over a bucket, in its unit. */
export interface Range {
  /** Time-weighted. */
  readonly avg: number
  readonly min: number
  readonly max: number
  /** Share of the bucket that its own readings cover, 0 to 1. */
  readonly coverage: number
}

/** The averages of all buckets, with those that were filled in; of the quantities that were asked for. */
type Averages = ReadonlyMap<NumberField, readonly (number | null)[]>

/** One bucket. What it tells is worked out where somebody asks, since of a chart most is asked for once and little of each. */
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

  /** null: not measured, nor filled in. */
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

/** The buckets between neighbouring edges, with what is missing filled in: of the averages, never of energy. */
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

/** What a bucket without a value holds: nothing, the value before it, or a straight line between its neighbours. */
export type Fill = 'NULL' | 'PREVIOUS' | 'LINEAR'

/** Values in the order of time, with the middle of the bucket that each belongs to. */
export interface Series {
  values: readonly (number | null)[]
  middles: readonly number[]
}

/** The values with those that were missing filled in; before the first one, and for LINEAR after the last, there is none. */
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
