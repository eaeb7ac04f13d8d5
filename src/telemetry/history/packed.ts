import { type RawBuilder, sql } from 'kysely'
import { isSigned, type Quantity } from './quantity.ts'
import type { Course, Summary } from './summary.ts'
import { type Part, summaryColumn, type Wanted } from './summary-columns.ts'

/**
 * What is wanted of all rows with the columns of SummaryRow as one value, in an aggregate, or null where there is none:
 * of each its key, and then doubles in the order in which `sumUp` reads them. As rows, the hundreds of a chart would take
 * three times as long.
 */
export function packed(key: RawBuilder<unknown>, wanted: Wanted): RawBuilder<Uint8Array | null> {
  const numbers = [key]
  if (wanted.aspects.includes('samples')) numbers.push(sql`samples`, sql`covered`)
  for (const quantity of wanted.quantities) {
    const column = (part: Part) => sql.ref(summaryColumn(quantity, part))
    const eitherOf = (line: Part, readings: RawBuilder<unknown>) =>
      sql`case when ${column('covered')} > 0 then ${column(line)} else coalesce(${readings}, 0) end`
    // What single readings say is needed only where nothing is covered, and takes the same two places.
    numbers.push(eitherOf('covered', sql`-${column('count')}`), eitherOf('integral', column('sum')))
    if (isParted(quantity, wanted)) numbers.push(sql`coalesce(${column('positive')}, 0)`)
    if (wanted.aspects.includes('extremes')) {
      numbers.push(sql`coalesce(${column('min')}, 'NaN')`, sql`coalesce(${column('max')}, 'NaN')`)
    }
  }
  const doubles = numbers.map((number) => sql`float8send(${number})`)
  return sql`string_agg(${sql.join(doubles, sql` || `)}, '')`
}

function isParted(quantity: Quantity, { aspects }: Wanted): boolean {
  return isSigned(quantity) && aspects.includes('signs')
}

/** What `packed` made, and the number, from 0 on, of the bucket to which a key belongs. */
export interface Pack {
  packed: Uint8Array | null
  bucketOf(key: number): number
}

/** Adds up what adjacent stretches of time have: tiles, and what was integrated between them. */
export function sumUp(packs: readonly Pack[], buckets: number, wanted: Wanted): Summary[] {
  const withSamples = wanted.aspects.includes('samples')
  const withExtremes = wanted.aspects.includes('extremes')
  const parted = wanted.quantities.map((quantity) => isParted(quantity, wanted))
  const sums = Array.from({ length: buckets }, () => ({
    samples: 0,
    covered: 0,
    tallies: parted.map(emptyTally),
  }))
  for (const { packed, bucketOf } of packs) {
    const doubles = doublesOf(packed)
    let at = 0
    const next = () => doubles[at++] ?? 0
    while (at < doubles.length) {
      const key = next()
      const sum = sums[bucketOf(key)]
      if (sum === undefined)
        throw new RangeError(`Expected a key of ${buckets} buckets, got ${key}`)
      if (withSamples) {
        sum.samples += next()
        sum.covered += next()
      }
      for (const [index, tally] of sum.tallies.entries()) {
        addLine(tally, next(), next())
        if (parted[index] === true) tally.positive += next()
        if (withExtremes) widen(tally, next(), next())
      }
    }
  }
  return sums.map(({ samples, covered, tallies }) => {
    const of: Summary['of'] = {}
    for (const [index, quantity] of wanted.quantities.entries()) {
      const tally = tallies[index] ?? emptyTally()
      of[quantity] = courseOf(tally, parted[index] === true)
    }
    return { samples, covered, of }
  })
}

function doublesOf(packed: Uint8Array | null): Float64Array {
  if (packed === null) return new Float64Array()
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  return Float64Array.from({ length: packed.byteLength / 8 }, (_, index) =>
    view.getFloat64(index * 8),
  )
}

/** A course so far, with what single readings say. */
interface Tally extends Omit<Course, 'mean'> {
  sum: number
  count: number
}

function emptyTally(): Tally {
  return { covered: 0, integral: 0, positive: 0, min: null, max: null, sum: 0, count: 0 }
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

function courseOf(
  { covered, integral, positive, min, max, sum, count }: Tally,
  parted: boolean,
): Course {
  const mean = covered > 0 ? integral / (covered / 1e6) : count > 0 ? sum / count : null
  return { covered, integral, positive: parted ? positive : integral, min, max, mean }
}
