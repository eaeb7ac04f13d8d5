import type { CounterRun, CounterSpan } from './counter.ts'

/**
 * Between looks at a counter that are further apart, in µs, nothing is known but what a total counter rose by. As long
 * as the default of MAX_GAP: loggers send every 5 to 15 minutes.
 */
export const LONGEST_GAP = 20 * 60_000_000

const HOUR = 3_600_000_000
/** kW; more than the inverters of a plant whose registers end at 32 kW. */
const MOST_POWER = 1000
/** kWh; a counter rises in steps, and the first may be due at once. */
const STEP = 1

type Shown = Pick<CounterRun, 'since' | 'until' | 'kwh'>

/**
 * Returns the kWh that a counter counted between two runs, the sum over its meters; null if that is not known. A fall
 * is a reset, as for `total_increasing` of Home Assistant (developers.home-assistant.io/docs/core/entity/sensor): what
 * the counter shows after it was counted since. Not known are:
 * - what a counter of today counted during a gap: there may be a midnight in it,
 * - a fall after a gap: what was counted before the reset is lost,
 * - more than inverters deliver in that time: then it is the counter of another inverter, or was read wrongly.
 */
export function countedBetween(span: CounterSpan, before: Shown, after: Shown): number | null {
  const hasFallen = after.kwh.some((kwh, meter) => kwh < shownBy(before, meter))
  if (isGap(before, after) && (hasFallen || span === 'TODAY')) return null
  let counted = 0
  for (const [meter, kwh] of after.kwh.entries()) {
    const last = shownBy(before, meter)
    const rise = kwh < last ? kwh : kwh - last
    if (rise > mostBetween(before, after)) return null
    counted += rise
  }
  return counted
}

/** Whether a counter may have risen from one to the other, without a reset. */
export function rises(before: Shown, after: Shown): boolean {
  return after.kwh.every((kwh, meter) => {
    const rise = kwh - shownBy(before, meter)
    return rise >= 0 && rise <= mostBetween(before, after)
  })
}

/** Whether so much time is between them that a counter of today may have begun anew. */
export function isGap(before: Shown, after: Shown): boolean {
  return after.since - before.until > LONGEST_GAP
}

function shownBy({ kwh }: Shown, meter: number): number {
  return kwh[meter] ?? 0
}

/** kWh of one inverter. */
function mostBetween(before: Shown, after: Shown): number {
  return (MOST_POWER * Math.max(0, after.since - before.until)) / HOUR + STEP
}
