/** A time as a file writes it. */
export interface WrittenTime {
  /** What the clock shows, as whole microseconds since it showed 1970-01-01 00:00. */
  wall: number
  /** Microseconds that the clock is ahead of UTC; undefined where the file does not say. */
  offset: number | undefined
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i

/**
 * Reads RFC 3339 and its relatives: a space for the T, seconds left out, an offset of hours alone or none.
 * Digits beyond the microsecond are cut off. undefined: not such a time.
 */
export function parseTime(text: string): WrittenTime | undefined {
  const match = TIME.exec(text.trim())
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = match
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // A month that is none, or a day that its month does not have, rolls over.
  if (new Date(date).getUTCMonth() !== Number(month) - 1) return undefined
  const offset = zone === undefined ? undefined : parseOffset(zone)
  if (Number.isNaN(offset)) return undefined
  const seconds = date / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  return { wall: seconds * 1_000_000 + Number(fraction.padEnd(6, '0').slice(0, 6)), offset }
}

/** NaN: more than a day has. */
function parseOffset(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', ''))
  if (hours > 23 || minutes > 59) return Number.NaN
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000_000
}
