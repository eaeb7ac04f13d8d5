/**
 * What the clocks of a zone show, as seconds on a count of days without offsets: `Math.floor(shown / 86_400)` is
 * the calendar day, the rest the time of day. Takes seconds since 1970.
 */
export function localClock(timeZone: string): (seconds: number) => number {
  let offset = 0
  let from = Number.POSITIVE_INFINITY
  let until = Number.NEGATIVE_INFINITY
  return (seconds) => {
    if (seconds < from || seconds >= until) {
      const local = Temporal.Instant.fromEpochMilliseconds(
        Math.floor(seconds * 1000),
      ).toZonedDateTimeISO(timeZone)
      offset = local.offsetNanoseconds / 1e9
      from = seconds
      const change = local.getTimeZoneTransition('next')
      until = change === null ? Number.POSITIVE_INFINITY : change.epochMilliseconds / 1000
    }
    return seconds + offset
  }
}
