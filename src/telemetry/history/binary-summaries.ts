import { type RawBuilder, sql } from 'kysely'
import { isSigned, type NumberField } from '../../quantities.ts'
import {
  type Part,
  type QuantitySummary,
  type Summary,
  summaryColumn,
  type Wanted,
} from './summary.ts'

/**
 * An aggregate of rows that have the columns of SummaryRow. Encodes what is wanted of them as one value, or null if
 * there are no rows: for each row its key, then doubles in the order in which `addUpSummaries` reads them. Sending the
 * hundreds of rows of a chart as rows would take three times as long.
 */
export function encodedSummaries(
  key: RawBuilder<unknown>,
  wanted: Wanted,
): RawBuilder<Uint8Array | null> {
  const numbers = [key]
  if (wanted.aspects.includes('samples')) numbers.push(sql`samples`, sql`covered`)
  for (const quantity of wanted.quantities) {
    const column = (part: Part) => sql.ref(summaryColumn(quantity, part))
    numbers.push(...lineOf(quantity))
    if (isParted(quantity, wanted)) numbers.push(sql`coalesce(${column('positive')}, 0)`)
    if (wanted.aspects.includes('extremes')) {
      numbers.push(sql`coalesce(${column('min')}, 'NaN')`, sql`coalesce(${column('max')}, 'NaN')`)
    }
  }
  const doubles = numbers.map((number) => sql`float8send(${number})`)
  return sql`string_agg(${sql.join(doubles, sql` || `)}, '')`
}

/**
 * The sum and count of readings matter only if nothing is covered, so they share the two places of integral and
 * coverage.
 */
function lineOf(quantity: NumberField): RawBuilder<unknown>[] {
  const column = (part: Part) => sql.ref(summaryColumn(quantity, part))
  const eitherOf = (line: Part, readings: RawBuilder<unknown>) =>
    sql`case when ${column('covered')} > 0 then ${column(line)} else coalesce(${readings}, 0) end`
  return [eitherOf('covered', sql`-${column('count')}`), eitherOf('integral', column('sum'))]
}

const DOUBLE = 8

function isParted(quantity: NumberField, { aspects }: Wanted): boolean {
  return isSigned(quantity) && aspects.includes('signs')
}

/** Bytes that `encodedSummaries` made, and how to find the bucket, from 0, for a key that is encoded in them. */
export interface EncodedSummaries {
  encodedSummaries: Uint8Array | null
  bucketOf(key: number): number
}

/** Adds up the summaries of adjacent time ranges: tiles, and what was integrated between them. */
export function addUpSummaries(
  packs: readonly EncodedSummaries[],
  buckets: number,
  wanted: Wanted,
): Summary[] {
  const withSamples = wanted.aspects.includes('samples')
  const withExtremes = wanted.aspects.includes('extremes')
  const summaries = Array.from({ length: buckets }, newSummary)
  const courses = wanted.quantities.map((quantity) => {
    const tallies = summaries.map(({ of }) => {
      const tally = newTally()
      of[quantity] = tally
      return tally
    })
    return { tallies, parted: isParted(quantity, wanted) }
  })
  for (const { encodedSummaries, bucketOf } of packs) {
    if (encodedSummaries === null) continue
    const view = new DataView(
      encodedSummaries.buffer,
      encodedSummaries.byteOffset,
      encodedSummaries.byteLength,
    )
    let at = 0
    const next = () => {
      at += DOUBLE
      return view.getFloat64(at - DOUBLE)
    }
    const bucketAt = (key: number) => {
      const bucket = bucketOf(key)
      if (bucket >= 0 && bucket < buckets) return bucket
      throw new RangeError(`Expected one of ${buckets} buckets for ${key}`)
    }
    while (at < view.byteLength) {
      const bucket = bucketAt(next())
      const summary = summaries[bucket]
      if (withSamples && summary !== undefined) {
        summary.samples += next()
        summary.covered += next()
      }
      for (const { tallies, parted } of courses) {
        const tally = tallies[bucket] ?? newTally()
        addLine(tally, next(), next())
        if (parted) tally.positive += next()
        if (withExtremes) widen(tally, next(), next())
      }
    }
  }
  for (const { tallies, parted } of courses) for (const tally of tallies) close(tally, parted)
  return summaries
}

/** What is added up of one quantity, including readings that no line covers. */
interface Tally extends QuantitySummary {
  sum: number
  count: number
}

function newSummary(): Summary {
  return { samples: 0, covered: 0, of: {} }
}

function newTally(): Tally {
  return {
    covered: 0,
    integral: 0,
    positive: 0,
    min: null,
    max: null,
    mean: null,
    sum: 0,
    count: 0,
  }
}

function addLine(tally: Tally, covered: number, total: number): void {
  if (covered > 0) {
    tally.covered += covered
    tally.integral += total
  } else {
    tally.count -= covered
    tally.sum += total
  }
}

/** NaN stands for no value, and is neither less nor greater than another. */
function widen(tally: Tally, min: number, max: number): void {
  if (min < (tally.min ?? Number.POSITIVE_INFINITY)) tally.min = min
  if (max > (tally.max ?? Number.NEGATIVE_INFINITY)) tally.max = max
}

function close(tally: Tally, parted: boolean): void {
  const { covered, integral, sum, count } = tally
  if (!parted) tally.positive = integral
  if (covered > 0) tally.mean = integral / (covered / 1e6)
  else if (count > 0) tally.mean = sum / count
}
