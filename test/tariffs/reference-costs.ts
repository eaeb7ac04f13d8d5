import { isDeepStrictEqual } from 'node:util'
import type { Instant } from '../../src/database/instant.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import { add, divide, type Fraction, fraction, multiply, subtract, ZERO } from './fraction.ts'

/** A tariff and its prices, as they are sent; rates in hundredths of a cent. */
export interface ReferenceTariff {
  validFrom: string
  dailyCharge: number
  import: ReferenceRates
  export: ReferenceRates
}

export interface ReferenceRates {
  rate: number
  windows: { rate: number; months: number[]; weekdays: number[]; from: number; to: number }[]
  addPrices: boolean
}

export interface ReferencePrice {
  from: Instant
  to: Instant
  import: number
  export: number | null
}

export interface ReferenceCosts {
  importCost: Fraction | null
  exportRevenue: Fraction | null
  savings: Fraction | null
  dailyCharge: Fraction | null
  known: number
  compared: number
}

const QUARTER = 15 * 60_000_000
const MAX_GAP = 20 * 60_000_000

/**
 * What the days from `from` to `to` cost, from the readings themselves: quarter of an hour by quarter of an hour, in
 * exact fractions, by the calendar of Temporal. Readings are at whole seconds and have whole watts.
 */
export function referenceCosts({
  readings,
  tariffs,
  prices,
  zone,
  from,
  to,
}: {
  readings: readonly Reading[]
  tariffs: readonly ReferenceTariff[]
  prices: readonly ReferencePrice[]
  zone: string
  from: Temporal.PlainDate
  to: Temporal.PlainDate
}): ReferenceCosts {
  const costs: ReferenceCosts = {
    importCost: null,
    exportRevenue: null,
    savings: null,
    dailyCharge: null,
    known: 0,
    compared: 0,
  }
  const newest = readings.at(-1)?.timestamp ?? -Infinity
  const starts = tariffs.map((tariff) => [tariff, startOf(tariff.validFrom, zone)] as const)
  const tariffAt = (time: Instant) => starts.findLast(([, start]) => start <= time)?.[0]
  const begin = startOf(from.toString(), zone)
  if (begin <= newest && tariffAt(begin) !== undefined) costs.dailyCharge = ZERO
  for (let day = from; Temporal.PlainDate.compare(day, to) <= 0; day = day.add({ days: 1 })) {
    const start = startOf(day.toString(), zone)
    const tariff = tariffAt(start)
    if (tariff === undefined || start > newest) continue
    costs.dailyCharge = add(costs.dailyCharge ?? ZERO, rateOf(tariff.dailyCharge))
  }
  const end = startOf(to.add({ days: 1 }).toString(), zone)
  for (let since = begin; since < end; since += QUARTER) {
    const tariff = tariffAt(since)
    if (tariff === undefined) continue
    const price = prices.find((price) => price.from <= since && since < price.to)
    const clock = Temporal.Instant.fromEpochMilliseconds(since / 1000).toZonedDateTimeISO(zone)
    const imported = rateAt(tariff.import, clock, price?.import ?? null)
    const exported = rateAt(tariff.export, clock, price?.export ?? null)
    const grid = energyIn(readings, 'gridPower', since, since + QUARTER)
    if (imported === null || exported === null || grid.covered === 0) continue
    const importCost = multiply(grid.above, imported)
    const exportRevenue = multiply(grid.below, exported)
    costs.importCost = add(costs.importCost ?? ZERO, importCost)
    costs.exportRevenue = add(costs.exportRevenue ?? ZERO, exportRevenue)
    costs.known += grid.covered
    const load = energyIn(readings, 'loadPower', since, since + QUARTER)
    const all = spansBetween(readings, since, since + QUARTER)
    if (!isDeepStrictEqual(load.spans, all) || !isDeepStrictEqual(grid.spans, all)) continue
    const saved = add(subtract(multiply(load.above, imported), importCost), exportRevenue)
    costs.savings = add(costs.savings ?? ZERO, saved)
    costs.compared += load.covered
  }
  return costs
}

function startOf(day: string, zone: string): Instant {
  const midnight = Temporal.PlainDate.from(day).toZonedDateTime({ timeZone: zone })
  return Number(midnight.epochNanoseconds / 1000n)
}

/** Hundredths of a cent as the currency. */
function rateOf(hundredths: number): Fraction {
  return fraction(BigInt(hundredths), 10_000n)
}

function rateAt(
  { rate, windows, addPrices }: ReferenceRates,
  { month, dayOfWeek, hour, minute }: Temporal.ZonedDateTime,
  price: number | null,
): Fraction | null {
  const quarter = hour * 4 + Math.floor(minute / 15)
  const window = windows.find(
    ({ months, weekdays, from, to }) =>
      months.includes(month) && weekdays.includes(dayOfWeek) && from <= quarter && quarter < to,
  )
  const own = window?.rate ?? rate
  if (!addPrices) return rateOf(own)
  return price === null ? null : rateOf(own + price)
}

type Span = [from: Instant, to: Instant]

/** The times between neighbouring readings, within a range, as few and as long as they can be. */
function spansBetween(readings: readonly Reading[], since: Instant, until: Instant): Span[] {
  const spans: Span[] = []
  for (const [index, { timestamp: end }] of readings.entries()) {
    const start = readings[index - 1]?.timestamp
    if (start === undefined || end - start > MAX_GAP) continue
    const [from, to] = [Math.max(start, since), Math.min(end, until)]
    if (from >= to) continue
    const last = spans.at(-1)
    if (last?.[1] === from) last[1] = to
    else spans.push([from, to])
  }
  return spans
}

/** kWh of the line above and below zero. */
function energyIn(
  readings: readonly Reading[],
  field: 'gridPower' | 'loadPower',
  since: Instant,
  until: Instant,
): { above: Fraction; below: Fraction; covered: number; spans: Span[] } {
  const measured = readings.filter(({ [field]: value }) => value !== null)
  const spans = spansBetween(measured, since, until)
  const energy = { above: ZERO, below: ZERO, covered: 0, spans }
  const points = readings.flatMap(({ timestamp, [field]: value }) =>
    value === null ? [] : [{ time: timestamp, value }],
  )
  for (const [index, b] of points.entries()) {
    const a = points[index - 1]
    if (a === undefined || b.time - a.time > MAX_GAP) continue
    const [from, to] = [Math.max(a.time, since), Math.min(b.time, until)]
    if (from >= to) continue
    const valueAt = (time: Instant) =>
      add(
        fraction(BigInt(a.value)),
        multiply(
          fraction(BigInt(b.value - a.value)),
          fraction(BigInt(time - a.time), BigInt(b.time - a.time)),
        ),
      )
    const [first, last] = [valueAt(from), valueAt(to)]
    energy.above = add(energy.above, areaAbove(first, last, to - from))
    energy.below = add(
      energy.below,
      areaAbove(subtract(ZERO, first), subtract(ZERO, last), to - from),
    )
    energy.covered += to - from
  }
  return energy
}

const MICROSECONDS_TIMES_WATTS_PER_KWH = 3_600_000_000_000n

/** A trapezium, a triangle where the line crosses zero, or nothing. */
function areaAbove(first: Fraction, last: Fraction, duration: number): Fraction {
  const time = fraction(BigInt(duration), 2n * MICROSECONDS_TIMES_WATTS_PER_KWH)
  if (first.over >= 0n && last.over >= 0n) return multiply(add(first, last), time)
  if (first.over <= 0n && last.over <= 0n) return ZERO
  const [top, bottom] = first.over > 0n ? [first, last] : [last, first]
  return multiply(divide(multiply(top, top), subtract(top, bottom)), time)
}
