/**
 * A point in time as whole microseconds since 1970-01-01T00:00:00Z: PostgreSQL's own resolution, which a
 * JavaScript Date would cut to milliseconds. Exact as a number up to the year 2255.
 */
export type Instant = number

/** Reads PostgreSQL's text form of a `timestamptz` under `TimeZone = UTC` and `DateStyle = ISO`. */
export function parseInstant(text: string): Instant {
  const match = /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?\+00$/.exec(text)
  if (match === null) {
    throw new RangeError(`Expected a time in UTC such as 2026-06-21 18:04:05+00, got ${text}`)
  }
  const [, year, month, day, hour, minute, second, fraction = ''] = match
  const seconds =
    Date.UTC(
      Number(year),
      Number(month) - 1,
      Number(day),
      Number(hour),
      Number(minute),
      Number(second),
    ) / 1000
  return seconds * 1_000_000 + Number(fraction.padEnd(6, '0'))
}

/** Writes an instant as RFC 3339 in UTC with microseconds, which PostgreSQL takes as a `timestamptz`. */
export function formatInstant(instant: Instant): string {
  const milliseconds = Math.floor(instant / 1000)
  const microseconds = String(instant - milliseconds * 1000).padStart(3, '0')
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${microseconds}Z`
}

export function instantOf(date: Date): Instant {
  return date.getTime() * 1000
}

/** The millisecond in which the instant lies. */
export function dateOf(instant: Instant): Date {
  return new Date(Math.floor(instant / 1000))
}
