/**
 * The IANA name of a time zone in its usual spelling; undefined where there is none. An offset is not one:
 * plants need the rules, and PostgreSQL takes the sign of an offset the other way round.
 */
export function parseTimeZone(text: string): string | undefined {
  try {
    const { timeZoneId } = new Temporal.ZonedDateTime(0n, text)
    return /^[+-]/.test(timeZoneId) ? undefined : timeZoneId
  } catch {
    return undefined
  }
}
