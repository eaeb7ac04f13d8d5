import type { Kysely } from 'kysely'
import type { Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import {
  dayOf,
  type PeriodsRequest,
  planPeriods,
  wattSecondsAbove,
  wattSecondsBelow,
} from '../telemetry/history/energy.ts'
import { readSummaries } from '../telemetry/history/read-summaries.ts'
import type { ReadingAllowance } from '../telemetry/history/reading-allowance.ts'
import { type LoadPlant, plantZone } from '../telemetry/history/requested-plant.ts'
import type { Summary, Wanted } from '../telemetry/history/summary.ts'
import { QUARTER } from '../telemetry/history/tiling.ts'
import { zoneClock } from '../telemetry/time-zone.ts'
import { costOf, type ExactMoney } from './amount.ts'
import { dailyCharges } from './daily-charges.ts'
import { readPriceSeries } from './price-series.ts'
import { MOST_RATES, type RateAllowance } from './rate-allowance.ts'
import { addsPrices, type RateStep, rateSteps } from './rate-steps.ts'
import { readTariffs } from './tariff.ts'

export interface CostsRequest extends PeriodsRequest, Wanted {
  allowance: ReadingAllowance
  rateAllowance: RateAllowance
}

/** Not rounded. null: nothing is known of it, or the currency changes within the period. */
export interface Costs {
  /** ISO 4217; null: no tariff applies, or the currency changes. */
  currency: string | null
  importCost: ExactMoney | null
  exportRevenue: ExactMoney | null
  dailyCharge: ExactMoney | null
  savings: ExactMoney | null
  /** Share of the period of which importCost and exportRevenue are known, 0 to 1. */
  coverage: number
  /** Share of the period of which savings are known, 0 to 1. */
  savingsCoverage: number
}

export interface CostPeriod {
  start: Instant
  end: Instant
  /** The day on which it starts, such as 2026-06-21. */
  day: string
  costs: Costs
}

/**
 * Forty days of prices by the quarter of an hour. A year at once would keep 35,000 summaries in memory, of which the
 * garbage collector takes as long as all else, and would let nobody else have a turn. Each read is a snapshot.
 */
const BUCKETS_AT_ONCE = 4000

/**
 * Returns what a plant cost by calendar period, by its tariffs. Throws as `readEnergy` does, and `QUERY_TOO_COMPLEX` if
 * the rates change too often.
 */
export async function readCosts(
  { kysely, loadPlant }: { kysely: Kysely<Schema>; loadPlant: LoadPlant },
  request: CostsRequest,
): Promise<CostPeriod[]> {
  const { plant, clock: shown, edges } = await planPeriods(loadPlant, request)
  const [from, to] = [edges[0] ?? 0, edges.at(-1) ?? 0]
  if (edges.length < 2) return []
  const tariffs = await readTariffs(kysely, plant.id)
  const currencies = new Set(tariffs.filter(addsPrices).map(({ currency }) => currency))
  const range = { plantId: plant.id, from, to }
  const prices =
    currencies.size === 0
      ? []
      : await readPriceSeries(kysely, range, { currencies: [...currencies], limit: MOST_RATES + 1 })
  // Those beyond the limit were left out, and must not count as unknown.
  if (prices.length > MOST_RATES) request.rateAllowance.spend(prices.length)
  const clock = zoneClock(plantZone(plant))
  const steps = rateSteps({ tariffs, prices, clock, from, to })
  const periods = edges.slice(1).map((end, index) => new Tally(edges[index] ?? end, end))
  const buckets = cut(edges, steps)
  request.rateAllowance.spend(buckets.length)
  for (let at = 0; at < buckets.length; at += BUCKETS_AT_ONCE) {
    const some = await readBuckets(kysely, request, buckets.slice(at, at + BUCKETS_AT_ONCE))
    for (const [index, { period, rates }] of some.buckets.entries()) {
      const summary = some.summaries[index]
      if (summary !== undefined) periods[period]?.add(rates, summary)
    }
  }
  const charges = dailyCharges({ tariffs, clock, edges, until: plant.latest?.timestamp })
  return periods.map((tally, index) => ({
    start: tally.start,
    end: tally.end,
    day: dayOf(shown.read(tally.start)),
    costs: tally.costs(charges[index] ?? null),
  }))
}

/** A time with constant rates, within one period. */
interface Bucket {
  start: Instant
  end: Instant
  /** Its place among the periods. */
  period: number
  rates: RateStep
}

function cut(edges: readonly Instant[], steps: readonly RateStep[]): Bucket[] {
  const buckets: Bucket[] = []
  let at = 0
  for (const [period, until] of edges.slice(1).entries()) {
    let start = edges[period] ?? until
    while (start < until) {
      while ((steps[at + 1]?.start ?? Infinity) <= start) at += 1
      const rates = steps[at]
      if (rates === undefined) break
      const end = Math.min(until, steps[at + 1]?.start ?? until)
      buckets.push({ start, end, period, rates })
      start = end
    }
  }
  return buckets
}

/**
 * Reads the energies of the buckets. If in one of them the load is known for other times than the grid, what was saved
 * must not be the difference of the two: then such buckets are cut into quarters of an hour, and all are read again.
 */
async function readBuckets(
  kysely: Kysely<Schema>,
  request: CostsRequest,
  buckets: readonly Bucket[],
): Promise<{ buckets: readonly Bucket[]; summaries: readonly Summary[] }> {
  const { plantId, quantities, aspects, allowance, rateAllowance } = request
  const read = (buckets: readonly Bucket[]): Promise<Summary[]> => {
    const edges = [...buckets.map(({ start }) => start), buckets.at(-1)?.end ?? 0]
    return readSummaries(kysely, { plantId, edges, quantities, aspects, allowance })
  }
  const summaries = await read(buckets)
  if (!summaries.some(isMixed)) return { buckets, summaries }
  const finer = buckets.flatMap((bucket, index) => {
    const summary = summaries[index]
    return summary !== undefined && isMixed(summary) ? quartersOf(bucket) : [bucket]
  })
  rateAllowance.spend(finer.length)
  return { buckets: finer, summaries: await read(finer) }
}

/** Whether load and grid may be known for different times. Each covers no more than the readings themselves. */
function isMixed({ covered, of: { loadPower, gridPower } }: Summary): boolean {
  if (loadPower === undefined || gridPower === undefined) return false
  if (loadPower.covered === 0 || gridPower.covered === 0) return false
  return loadPower.covered !== covered || gridPower.covered !== covered
}

function quartersOf(bucket: Bucket): Bucket[] {
  const quarters: Bucket[] = []
  let start = bucket.start
  while (start < bucket.end) {
    const end = Math.min(bucket.end, (Math.floor(start / QUARTER) + 1) * QUARTER)
    quarters.push({ ...bucket, start, end })
    start = end
  }
  return quarters
}

/** What is added up of a period. */
class Tally {
  readonly start: Instant
  readonly end: Instant
  readonly #currencies = new Set<string>()
  #importCost = 0n
  #exportRevenue = 0n
  #savings = 0n
  /** Microseconds. */
  #known = 0
  #compared = 0

  constructor(start: Instant, end: Instant) {
    this.start = start
    this.end = end
  }

  add(rates: RateStep, { covered, of: { gridPower: grid, loadPower: load } }: Summary): void {
    if (rates.currency !== null) this.#currencies.add(rates.currency)
    if (rates.import === null || rates.export === null) return
    if (grid === undefined || grid.covered === 0) return
    const importCost = costOf(wattSecondsAbove(grid), rates.import)
    const exportRevenue = costOf(wattSecondsBelow(grid), rates.export)
    this.#known += grid.covered
    this.#importCost += importCost
    this.#exportRevenue += exportRevenue
    // Two lines of the same length may still lie at different times, unless each is as long as the readings.
    if (load?.covered !== covered || grid.covered !== covered) return
    this.#compared += covered
    this.#savings += costOf(load.integral, rates.import) - importCost + exportRevenue
  }

  costs(dailyCharge: ExactMoney | null): Costs {
    const [currency = null, ...others] = this.#currencies
    const isOne = others.length === 0
    const length = this.end - this.start
    return {
      currency: isOne ? currency : null,
      importCost: isOne && this.#known > 0 ? this.#importCost : null,
      exportRevenue: isOne && this.#known > 0 ? this.#exportRevenue : null,
      dailyCharge: isOne ? dailyCharge : null,
      savings: isOne && this.#compared > 0 ? this.#savings : null,
      coverage: isOne ? this.#known / length : 0,
      savingsCoverage: isOne ? this.#compared / length : 0,
    }
  }
}
