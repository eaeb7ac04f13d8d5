import type { Instant } from '../../database/instant.ts'
import type { CounterRun, CounterSpan } from './counter.ts'
import { countedBetween, isGap } from './counting.ts'

/** What a counter has counted at a time, beginning anywhere. Comparable only with the same `known`. */
interface Count {
  kwh: number
  /** Grows by one wherever it is not known what was counted. */
  known: number
}

/**
 * Returns the kWh that a counter counted between neighbouring edges, which ascend; null where that is not known. The
 * runs ascend by `since`. What is counted at an edge is known if the counter showed the same before and after it, or
 * if these two looks are at most LONGEST_GAP apart: then it is interpolated, as the integral is at edges.
 */
export function meteredBetween(
  span: CounterSpan,
  runs: readonly CounterRun[],
  edges: readonly Instant[],
): (number | null)[] {
  const counts = countsAt(span, runs, edges)
  return counts.slice(1).map((count, index) => {
    const before = counts[index]
    if (count === undefined || before === undefined || count.known !== before.known) return null
    return rounded(count.kwh - before.kwh)
  })
}

function countsAt(
  span: CounterSpan,
  runs: readonly CounterRun[],
  edges: readonly Instant[],
): (Count | undefined)[] {
  let at: Count = { kwh: 0, known: 0 }
  let index = -1
  return edges.map((edge) => {
    let [run, next] = [runs[index], runs[index + 1]]
    while (next !== undefined && next.since <= edge) {
      if (run !== undefined) at = addTo(at, counted(span, run, next))
      index++
      run = next
      next = runs[index + 1]
    }
    if (run === undefined) return undefined
    if (edge <= run.until) return at
    if (next === undefined) return undefined
    const kwh = counted(span, run, next)
    if (kwh === null) return undefined
    if (kwh === 0) return at
    if (isGap(run, next)) return undefined
    return addTo(at, (kwh * (edge - run.until)) / (next.since - run.until))
  })
}

/** A run that does not begin anew counted on from the one before, also if runs in between are left out. */
function counted(span: CounterSpan, run: CounterRun, next: CounterRun): number | null {
  if (next.begins) return countedBetween(span, run, next)
  const rise = next.kwh.reduce((sum, kwh, meter) => sum + kwh - (run.kwh[meter] ?? 0), 0)
  return rise < 0 ? null : rise
}

function addTo({ kwh, known }: Count, more: number | null): Count {
  return more === null ? { kwh: 0, known: known + 1 } : { kwh: kwh + more, known }
}

/** To mWh: without the errors of binary fractions, in which 0.3 - 0.2 is less than 0.1. */
function rounded(kwh: number): number {
  return Math.round(kwh * 1e6) / 1e6
}
