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
 * What is wanted of all rows with the columns of SummaryRow as one value, in an aggregate, or null where there is none:
 * of each its key, and then doubles in the order in which `addUpSummaries` reads them. As rows, the hundreds of a chart would take
 * three times as long.
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

/** What single readings say is needed only where nothing is covered, and takes the same two places. */
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

/** What `encodedSummaries` made, and the number, from 0 on, of the bucket to which a key belongs. */
export interface EncodedSummaries {
  encodedSummaries: Uint8Array | null
  bucketOf(key: number): number
}

/** Adds up what adjacent stretches of time have: tiles, and what was integrated between them. */
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

/** A course so far, with what readings say that no line covers. */
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

/** NaN, where there are none, is neither less nor greater. */
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
