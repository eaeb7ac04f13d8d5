import type { Instant } from '../../database/instant.ts'
import { type Fill, fillIn } from './fill.ts'
import type { Quantity } from './quantity.ts'
import type { Course, Summary } from './summary.ts'

/** One bucket. */
export interface Point {
  start: Instant
  end: Instant
  summary: Summary
  /** Of the quantities that were asked for; null: not measured, nor filled in. */
  ranges: Partial<Record<Quantity, Range | null>>
}

/** The course of one quantity over a bucket, in its unit. */
export interface Range {
  /** Time-weighted. */
  avg: number
  min: number
  max: number
  /** Share of the bucket that its own readings cover, 0 to 1. */
  coverage: number
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
  quantities: readonly Quantity[]
  fill: Fill
}): Point[] {
  const points = summaries.map(
    (summary, index): Point => ({
      start: edges[index] ?? 0,
      end: edges[index + 1] ?? 0,
      summary,
      ranges: {},
    }),
  )
  const middles = points.map(({ start, end }) => (start + end) / 2)
  for (const quantity of quantities) {
    const courses = summaries.map(({ of }) => of[quantity])
    const values = fillIn({ values: courses.map((course) => course?.mean ?? null), middles }, fill)
    points.forEach((point, index) => {
      const [avg, course] = [values[index] ?? null, courses[index]]
      point.ranges[quantity] = avg === null ? null : rangeOf(avg, course, point)
    })
  }
  return points
}

function rangeOf(avg: number, course: Course | undefined, { start, end }: Point): Range {
  if (course?.mean == null) return { avg, min: avg, max: avg, coverage: 0 }
  const { min, max, covered } = course
  return { avg, min: min ?? avg, max: max ?? avg, coverage: covered / (end - start) }
}
