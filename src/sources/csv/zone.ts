import type { Instant } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import { parseTimeZone } from '../../telemetry/time-zone.ts'

/** The instants that a clock on the wall can mean. */
export interface WallReading {
  /** 'skipped': the clock was put forward over this time; `later` is the time as far after the jump. */
  kind: 'once' | 'repeated' | 'skipped'
  earlier: Instant
  later: Instant
}

const MICROSECOND = 1000n

/** Turns what the clocks of a time zone show into instants; quick as long as times lie near each other. */
export class Zone {
  /** The IANA name in its usual spelling. */
  readonly name: string
  /** Where the clock shows `#from` to just before `#to`, it is `#offset` ahead of UTC and no other reading is possible. */
  #from = Number.POSITIVE_INFINITY
  #to = Number.NEGATIVE_INFINITY
  #offset = 0

  /** Throws `BAD_USER_INPUT` where there is no such zone. */
  constructor(name: string) {
    const known = parseTimeZone(name)
    if (known === undefined) throw unknownZone(name)
    this.name = known
  }

  /** The only instant that the clock can mean; undefined: see `read`. `wall` as in `WrittenTime`. */
  instantOf(wall: number): Instant | undefined {
    if (wall >= this.#from && wall < this.#to) return wall - this.#offset
    const reading = this.read(wall)
    if (reading.kind !== 'once') return undefined
    this.#remember(reading.earlier)
    return reading.earlier
  }

  read(wall: number): WallReading {
    const shown = new Temporal.Instant(BigInt(wall) * MICROSECOND)
      .toZonedDateTimeISO('UTC')
      .toPlainDateTime()
    const earlier = shown.toZonedDateTime(this.name, { disambiguation: 'earlier' })
    const later = shown.toZonedDateTime(this.name, { disambiguation: 'later' })
    const kind = earlier.equals(later)
      ? 'once'
      : earlier.toPlainDateTime().equals(shown)
        ? 'repeated'
        : 'skipped'
    return { kind, earlier: microsecondsOf(earlier), later: microsecondsOf(later) }
  }

  /** Keeps the offset from one change of the clock to the next, without the times that the changes touch. */
  #remember(instant: Instant): void {
    const at = new Temporal.ZonedDateTime(BigInt(instant) * MICROSECOND, this.name)
    const start = at.add({ nanoseconds: 1 }).getTimeZoneTransition('previous')
    const end = at.getTimeZoneTransition('next')
    const offset = offsetOf(at)
    this.#offset = offset
    this.#from =
      start === null
        ? Number.NEGATIVE_INFINITY
        : microsecondsOf(start) + Math.max(offset, offsetOf(start.subtract({ nanoseconds: 1 })))
    this.#to =
      end === null
        ? Number.POSITIVE_INFINITY
        : microsecondsOf(end) + Math.min(offset, offsetOf(end))
  }
}

function microsecondsOf(time: Temporal.ZonedDateTime): Instant {
  return Number(time.epochNanoseconds / MICROSECOND)
}

function offsetOf(time: Temporal.ZonedDateTime): number {
  return time.offsetNanoseconds / 1000
}

function unknownZone(name: string): Fault {
  return new Fault(
    'BAD_USER_INPUT',
    `Expected the IANA name of a time zone, such as Africa/Johannesburg; got ${name}`,
  )
}
