import type { Instant } from '../database/instant.ts'
import { midnightOf } from '../telemetry/history/energy.ts'
import type { ZoneClock } from '../telemetry/time-zone.ts'
import { type ExactMoney, exactly } from './amount.ts'
import type { Tariff } from './tariff.ts'

const DAY = 86_400_000_000

/**
 * Returns the daily charges of each time range between neighbouring edges: those of the days that begin in it, up to
 * `until`, the plant's newest reading. null: no tariff applies, or the range begins after `until`.
 */
export function dailyCharges({
  tariffs,
  clock,
  edges,
  until,
}: {
  /** In the order of time. */
  tariffs: readonly Tariff[]
  /** Of the plant. */
  clock: ZoneClock
  edges: readonly Instant[]
  until: Instant | undefined
}): (ExactMoney | null)[] {
  const [from, to] = [edges[0] ?? 0, edges.at(-1) ?? 0]
  const starts = tariffs.map(({ validFrom }) => clock.reach(midnightOf(validFrom)))
  const tariffAt = (time: Instant) => tariffs[starts.findLastIndex((start) => start <= time)]
  const last = until ?? -Infinity
  const charges: (ExactMoney | null)[] = edges
    .slice(0, -1)
    .map((start) => (start <= last && tariffAt(start) !== undefined ? 0n : null))
  let period = 0
  // The clock may show the first day again before the first edge, and a zone is less than two days from another.
  const first = Math.floor(clock.read(from) / DAY) * DAY - DAY
  for (let midnight = first; midnight <= clock.read(to) + DAY; midnight += DAY) {
    const start = clock.reach(midnight)
    if (start < from || start >= to || start > last) continue
    // The calendar of the place left this day out.
    if (clock.reach(midnight + DAY) === start) continue
    while ((edges[period + 1] ?? Infinity) <= start) period += 1
    const tariff = tariffAt(start)
    if (tariff !== undefined) {
      charges[period] = (charges[period] ?? 0n) + exactly(tariff.dailyCharge)
    }
  }
  return charges
}
