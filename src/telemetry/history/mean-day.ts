import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { NumberField } from '../../quantities.ts'
import { edgesOf } from './bucket-edges.ts'
import { type PeriodsRequest, planPeriods } from './energy.ts'
import { excessOf, quarterEdges, requireFewDays } from './excess.ts'
import { readSummaries } from './read-summaries.ts'
import type { ReadingAllowance } from './reading-allowance.ts'
import type { LoadPlant } from './requested-plant.ts'
import { HOUR } from './tiling.ts'

export interface MeanDayRequest extends Omit<PeriodsRequest, 'period'> {
  quantities: readonly NumberField[]
  /** Whether the excess is wanted. */
  excess: boolean
  allowance: ReadingAllowance
}

/** An hour of the clock over all days of a range. */
export interface MeanHour {
  /** 0 to 23. */
  hour: number
  /** Time-weighted; null: not measured. Only the requested quantities. */
  means: Partial<Record<NumberField, number | null>>
  /** W; null: unknown, or not requested. */
  excess: number | null
  /** Share of the time that readings cover, 0 to 1. */
  coverage: number
}

/** What is added up for an hour. */
interface HourTally {
  length: number
  covered: number
  of: Map<NumberField, { integral: number; covered: number }>
  excess: { wattSeconds: number; covered: number }
}

/**
 * Returns the mean day of a range of days: for each hour of the clock the means over all days. Throws as `readExcess`
 * does.
 */
export async function readMeanDay(
  { kysely, loadPlant }: { kysely: Kysely<Schema>; loadPlant: LoadPlant },
  { excess, quantities, allowance, ...request }: MeanDayRequest,
): Promise<MeanHour[]> {
  requireFewDays(request)
  const { clock, edges: days } = await planPeriods(loadPlant, { ...request, period: 'DAY' })
  const [from, to] = [days[0] ?? 0, days.at(-1) ?? 0]
  const edges = excess ? quarterEdges(days, clock) : edgesOf({ from, to, clock }, 'PT1H')
  const summaries = await readSummaries(kysely, {
    plantId: request.plantId,
    edges,
    quantities,
    aspects: ['samples', 'signs'],
    allowance,
  })
  const hours = Array.from({ length: 24 }, newTally)
  for (const [index, summary] of summaries.entries()) {
    const start = edges[index] ?? 0
    const tally = hours[Math.floor(clock.read(start) / HOUR) % 24]
    if (tally === undefined) continue
    tally.length += (edges[index + 1] ?? start) - start
    tally.covered += summary.covered
    for (const quantity of quantities) {
      const course = summary.of[quantity]
      const sum = tally.of.getOrInsertComputed(quantity, () => ({ integral: 0, covered: 0 }))
      sum.integral += course?.integral ?? 0
      sum.covered += course?.covered ?? 0
    }
    const left = excess ? excessOf(summary) : undefined
    tally.excess.wattSeconds += left?.wattSeconds ?? 0
    tally.excess.covered += left?.covered ?? 0
  }
  return hours.map(({ length, covered, of, excess }, hour) => ({
    hour,
    means: Object.fromEntries(
      [...of].map(([quantity, { integral, covered }]) => [quantity, meanOf(integral, covered)]),
    ),
    excess: meanOf(excess.wattSeconds, excess.covered),
    coverage: length > 0 ? covered / length : 0,
  }))
}

function newTally(): HourTally {
  return { length: 0, covered: 0, of: new Map(), excess: { wattSeconds: 0, covered: 0 } }
}

/** `covered` is in microseconds. */
function meanOf(integral: number, covered: number): number | null {
  return covered > 0 ? integral / (covered / 1e6) : null
}
