import type { Instant } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import {
  parseTimeZone,
  type WallTime,
  type ZoneClock,
  zoneClock,
} from '../../telemetry/time-zone.ts'

/** The order of one plant's rows. */
interface RowOrder {
  last: Instant
  /** undefined: not known yet. */
  ascending: boolean | undefined
}

/**
 * Reads the times of one file, in its order, by the clock of a zone.
 *
 * A time that the clock showed twice is read as its first or its second showing by the order of the plant's rows,
 * oldest or newest first: whichever goes on from the row before; if neither does, the first. Of two rows with the same
 * such time the next is the second showing, as in hourly data. A time that the clock skipped moves on by as much as the
 * clock did.
 */
export class WallClock {
  /** The IANA name in its usual spelling. */
  readonly timeZone: string
  readonly #clock: ZoneClock
  readonly #orders = new Map<number, RowOrder>()
  /** Rows in an hour that the clock repeats. */
  repeated = 0
  /** Rows in an hour that the clock skips. */
  skipped = 0

  /** Throws `BAD_USER_INPUT` if there is no such zone. */
  constructor(timeZone: string) {
    const known = parseTimeZone(timeZone)
    if (known === undefined) throw unknownZone(timeZone)
    this.timeZone = known
    this.#clock = zoneClock(known)
  }

  instantOf(wall: WallTime, plantId: number): Instant {
    let order = this.#orders.get(plantId)
    const { kind, earlier, later } = this.#clock.instantsOf(wall)
    const instant =
      kind === 'once'
        ? earlier
        : kind === 'skipped'
          ? this.#skip(later)
          : this.#choose(earlier, later, order)
    if (order === undefined) {
      order = { last: instant, ascending: undefined }
      this.#orders.set(plantId, order)
    } else if (kind === 'once' && instant !== order.last) {
      order.ascending = instant > order.last
    }
    order.last = instant
    return instant
  }

  #skip(later: Instant): Instant {
    this.skipped++
    return later
  }

  #choose(earlier: Instant, later: Instant, order: RowOrder | undefined): Instant {
    this.repeated++
    if (order === undefined) return earlier
    const { last, ascending = later > last } = order
    if (ascending) return earlier <= last && later > last ? later : earlier
    return later < last ? later : earlier
  }
}

function unknownZone(name: string): Fault {
  return new Fault(
    'BAD_USER_INPUT',
    `Expected the IANA name of a time zone, such as Africa/Johannesburg; got ${name}`,
  )
}
