import { formatInstant, type Instant } from '../database/instant.ts'
import { Fault } from '../fault.ts'

/** Throws INVALID_RANGE where both ends are given and `from` is after `to`. */
export function requireForwardRange(from: Instant | undefined, to: Instant | undefined): void {
  if (from === undefined || to === undefined || from <= to) return
  throw new Fault(
    'INVALID_RANGE',
    `Expected from to be before to; got ${formatInstant(from)} to ${formatInstant(to)}`,
    { path: ['from'] },
  )
}
