import { formatInstant, type Instant } from '../../database/instant.ts'
import { type WallTime, type ZoneClock, zoneClock } from '../../telemetry/time-zone.ts'
import { parseTime } from '../csv/times.ts'
import { CloudFault } from './cloud-fault.ts'

const FUTURE_TOLERANCE = 5 * 60_000_000

/**
 * Reads the times of uploads, `updateAt`. They are instants: the cloud writes them in UTC, such as
 * `2026-06-21T19:05:41Z`, when the plant's clock shows 12:05 in a zone seven hours behind UTC. If a sibling of the
 * cloud leaves the zone out, they are read by the plant's clock, which its settings then have to name. In the hour that
 * this clock shows twice, a time is its last showing before now, and stays that as long as the cloud repeats it.
 */
export class UploadClock {
  readonly #clock: ZoneClock | undefined
  /** What was read last from each field without a zone. */
  readonly #last = new Map<string, { wall: WallTime; instant: Instant }>()

  /** An IANA name in its usual spelling. */
  constructor(timeZone: string | undefined) {
    this.#clock = timeZone === undefined ? undefined : zoneClock(timeZone)
  }

  /** `what`: the field, for messages. Throws a `CloudFault` if the text is no time, or later than `at`. */
  read(text: string, what: string, at: Instant): Instant {
    const time = parseTime(text)
    if (time === undefined) {
      throw new CloudFault(
        'invalid',
        `Expected ${what} to be a time such as 2026-06-21T19:05:41Z; got ${text.slice(0, 40)}`,
      )
    }
    const { wall, offset } = time
    const instant = offset === undefined ? this.#byClock(wall, what, at) : wall - offset
    if (instant === undefined) {
      throw new CloudFault(
        'invalid',
        `Expected ${what} to have a time zone; got ${text}: set timeZone to that of the plant's clock in the cloud`,
      )
    }
    if (instant > at + FUTURE_TOLERANCE) {
      throw new CloudFault(
        'invalid',
        `Expected ${what} not to be later than now, ${formatInstant(at)}; got ${text}: this computer's clock is behind, or the cloud does not mean the zone that it writes`,
      )
    }
    return instant
  }

  #byClock(wall: WallTime, what: string, at: Instant): Instant | undefined {
    if (this.#clock === undefined) return undefined
    const last = this.#last.get(what)
    if (last?.wall === wall) return last.instant
    const { kind, earlier, later } = this.#clock.instantsOf(wall)
    const instant = kind === 'repeated' && later > at + FUTURE_TOLERANCE ? earlier : later
    this.#last.set(what, { wall, instant })
    return instant
  }
}
