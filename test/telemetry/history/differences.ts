import { formatInstant, type Instant } from '../../../src/database/instant.ts'
import { isSigned, type NumberField } from '../../../src/quantities.ts'
import type { QuantitySummary, Summary } from '../../../src/telemetry/history/summary.ts'
import { type Aspect, aspects } from '../../../src/telemetry/history/summary.ts'
import type { ReferenceCourse, ReferenceSummary } from './reference.ts'

const TOLERANCE = 1e-9
/** Smaller than any measurement, and too small for PostgreSQL to square. */
const NOTHING = 1e-60

/**
 * Describes where the summaries differ from the reference by more than rounding. Returns nothing if there is no
 * difference.
 */
export function differences(
  summaries: readonly Summary[],
  reference: readonly ReferenceSummary[],
  edges: readonly Instant[],
  wanted: readonly Aspect[] = aspects,
): string[] {
  const found: string[] = []
  if (summaries.length !== reference.length) {
    found.push(`${summaries.length} summaries instead of ${reference.length}`)
  }
  for (const [index, expected] of reference.entries()) {
    const got = summaries[index]
    if (got === undefined) continue
    const stretch = `${edgeAt(edges, index)}..${edgeAt(edges, index + 1)}`
    const compare: Compare = (what, is, shouldBe, slack) => {
      if (isAlike(is, shouldBe, slack)) return
      found.push(`${stretch} ${what} is ${is} instead of ${shouldBe}`)
    }
    if (wanted.includes('samples')) {
      compare('samples', got.samples, expected.samples, 0)
      compare('covered', got.covered, expected.covered, 0)
    }
    for (const [quantity, of] of expected.of) {
      const course = got.of[quantity]
      if (course === undefined) found.push(`${stretch} ${quantity} is missing`)
      else compareCourses(quantity, course, of, wanted, compare)
    }
  }
  return found
}

type Compare = (what: string, is: number | null, shouldBe: number | null, slack: number) => void

function compareCourses(
  quantity: NumberField,
  got: QuantitySummary,
  expected: ReferenceCourse,
  wanted: readonly Aspect[],
  compare: Compare,
): void {
  const slackOfSums = TOLERANCE * expected.magnitude + NOTHING
  const slackOfValues = TOLERANCE * expected.largest + NOTHING
  compare(`${quantity}.covered`, got.covered, expected.covered, 0)
  compare(`${quantity}.integral`, got.integral, expected.integral, slackOfSums)
  if (isSigned(quantity) && wanted.includes('signs')) {
    compare(`${quantity}.positive`, got.positive, expected.positive, slackOfSums)
  }
  compare(`${quantity}.mean`, got.mean, expected.mean, slackOfValues)
  for (const what of ['min', 'max'] as const) {
    const shouldBe = wanted.includes('extremes') ? expected[what] : null
    compare(`${quantity}.${what}`, got[what], shouldBe, slackOfValues)
  }
}

function isAlike(is: number | null, shouldBe: number | null, slack: number): boolean {
  if (is === null || shouldBe === null) return is === shouldBe
  return Math.abs(is - shouldBe) <= slack
}

function edgeAt(edges: readonly Instant[], index: number): string {
  const edge = edges[index]
  return edge === undefined ? '?' : formatInstant(edge)
}
