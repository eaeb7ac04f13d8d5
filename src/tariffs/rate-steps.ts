import type { Instant } from '../database/instant.ts'
import { midnightOf } from '../telemetry/history/energy.ts'
import type { ZoneClock } from '../telemetry/time-zone.ts'
import type { Amount } from './amount.ts'
import type { StoredPrice } from './prices.ts'
import { QUARTERS_OF_A_DAY, quartersTo, type Rates, weekdays } from './rates.ts'
import type { Tariff } from './tariff.ts'

/** What a kWh costs from a moment until the next step. */
export interface RateStep {
  start: Instant
  /** ISO 4217; null: no tariff applies. */
  currency: string | null
  /** Per kWh from the grid; null: unknown. */
  import: Amount | null
  /** Per kWh into the grid; null: unknown. */
  export: Amount | null
}

/** The rates of tariffs alone, without the prices that are added to them. */
interface TariffStep {
  start: Instant
  /** undefined: none applies. */
  tariff: Tariff | undefined
  import: Amount
  export: Amount
}

/** A time in which the rates follow tariffs, by a clock, and prices. Both are in the order of time. */
export interface RatedTime {
  tariffs: readonly Tariff[]
  prices: readonly StoredPrice[]
  /** Of the plant. */
  clock: ZoneClock
  from: Instant
  to: Instant
}

/**
 * Returns the rates from `from` to `to`, which has no step. The first step begins at `from`, and neighbours differ. A
 * tariff begins when the plant's clock first shows its first day. Windows follow what the clock shows: in an hour that
 * is shown twice they apply twice, and what is skipped never applies.
 */
export function rateSteps(time: RatedTime): RateStep[] {
  const steps: RateStep[] = []
  let at = 0
  for (const [start, end, step] of ranges([...tariffSteps(time)], time.to)) {
    if (step.tariff === undefined || !addsPrices(step.tariff)) {
      append(steps, { start, ...sumOf(step, undefined) })
      continue
    }
    let since = start
    while (since < end) {
      while ((time.prices[at]?.to ?? Infinity) <= since) at += 1
      const next = time.prices[at]
      const applies = next !== undefined && next.from <= since
      append(steps, { start: since, ...sumOf(step, applies ? next : undefined) })
      since = Math.min(end, (applies ? next.to : next?.from) ?? end)
    }
  }
  return steps
}

export function addsPrices(tariff: Tariff): boolean {
  return tariff.import.addPrices || tariff.export.addPrices
}

/** Each step with where it starts and ends. */
function* ranges<Step extends { start: Instant }>(
  steps: readonly Step[],
  end: Instant,
): Generator<[Instant, Instant, Step]> {
  for (const [index, step] of steps.entries()) {
    yield [step.start, steps[index + 1]?.start ?? end, step]
  }
}

function append(steps: RateStep[], step: RateStep): void {
  const last = steps.at(-1)
  const isNew =
    last === undefined ||
    last.import !== step.import ||
    last.export !== step.export ||
    last.currency !== step.currency
  if (isNew) steps.push(step)
}

function sumOf(
  { tariff, ...rates }: TariffStep,
  price: StoredPrice | undefined,
): Omit<RateStep, 'start'> {
  if (tariff === undefined) return { currency: null, import: null, export: null }
  const added = price?.currency === tariff.currency ? price : undefined
  const sum = (way: 'import' | 'export') => {
    if (!tariff[way].addPrices) return rates[way]
    const more = added?.[way] ?? null
    return more === null ? null : rates[way] + more
  }
  return { currency: tariff.currency, import: sum('import'), export: sum('export') }
}

const DAY = 86_400_000_000
const QUARTER = DAY / QUARTERS_OF_A_DAY

function* tariffSteps({ tariffs, clock, from, to }: RatedTime): Generator<TariffStep> {
  const starts = tariffs.map(({ validFrom }) => clock.reach(midnightOf(validFrom)))
  if (from < Math.min(to, starts[0] ?? to)) {
    yield { start: from, tariff: undefined, import: 0n, export: 0n }
  }
  for (const [index, tariff] of tariffs.entries()) {
    const since = Math.max(from, starts[index] ?? to)
    const until = Math.min(to, starts[index + 1] ?? to)
    if (since >= until) continue
    const partsOn = dayParts(tariff)
    for (const { start, end, offset } of clock.offsetPeriods(since, until)) {
      const begins = Math.max(start, since) + offset
      const ends = Math.min(end, until) + offset
      for (let midnight = Math.floor(begins / DAY) * DAY; midnight < ends; midnight += DAY) {
        const parts = partsOn(new Date(midnight / 1000))
        for (const [index, { quarter, ...rates }] of parts.entries()) {
          const first = Math.max(begins, midnight + quarter * QUARTER)
          const next = midnight + (parts[index + 1]?.quarter ?? QUARTERS_OF_A_DAY) * QUARTER
          if (first < Math.min(next, ends)) yield { start: first - offset, tariff, ...rates }
        }
      }
    }
  }
}

/** A part of a day with constant rates, from so many quarters of an hour after midnight. */
interface DayPart {
  quarter: number
  import: Amount
  export: Amount
}

/** Returns the parts of a day. Days of the same month and weekday are alike. */
function dayParts(tariff: Tariff): (date: Date) => readonly DayPart[] {
  const known = new Map<number, readonly DayPart[]>()
  return (date) => {
    const [month, weekday] = [date.getUTCMonth() + 1, (date.getUTCDay() + 6) % 7]
    return known.getOrInsertComputed(month * 7 + weekday, () => {
      const ways = [tariff.import, tariff.export].map((rates) => ratesOn(rates, month, weekday))
      const parts: DayPart[] = []
      for (let quarter = 0; quarter < QUARTERS_OF_A_DAY; quarter++) {
        const [imported = 0n, exported = 0n] = ways.map((rates) => rates[quarter] ?? 0n)
        const last = parts.at(-1)
        if (last?.import === imported && last.export === exported) continue
        parts.push({ quarter, import: imported, export: exported })
      }
      return parts
    })
  }
}

/** The rate in each quarter of an hour of a day. */
function ratesOn({ rate, windows }: Rates, month: number, weekday: number): Amount[] {
  const rates = Array.from({ length: QUARTERS_OF_A_DAY }, () => rate ?? 0n)
  for (const window of windows) {
    const day = weekdays[weekday]
    if (day === undefined || !window.months.includes(month) || !window.weekdays.includes(day)) {
      continue
    }
    rates.fill(window.rate, quartersTo(window.from), quartersTo(window.to))
  }
  return rates
}
