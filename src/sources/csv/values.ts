/** A time as a file writes it. */
interface WrittenTime {
  /** What the clock shows, as whole microseconds since it showed 1970-01-01 00:00. */
  wall: number
  /** Microseconds that the clock is ahead of UTC; undefined if the file does not say. */
  offset: number | undefined
}

const TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)? ?(?:Z|[+-]\d\d(?::?\d\d)?)?$/i

/**
 * Reads RFC 3339 and variants of it: a space for the T, no seconds, an offset of hours alone or none. Digits beyond the
 * microsecond are cut off. undefined: not such a time.
 */
export function parseTime(text: string): WrittenTime | undefined {
  const time = text.trim()
  if (!TIME.test(time)) return undefined
  // Reading each part by its position takes half the time of capturing them.
  const month = twoDigits(time, 5)
  const hour = twoDigits(time, 11)
  const minute = twoDigits(time, 14)
  const hasSeconds = time.charAt(16) === ':'
  const second = hasSeconds ? twoDigits(time, 17) : 0
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const date = Date.UTC(Number(time.slice(0, 4)), month - 1, twoDigits(time, 8))
  // Date.UTC lets a month above 12, or a day that the month does not have, roll over.
  if (new Date(date).getUTCMonth() !== month - 1) return undefined

  let end = hasSeconds ? 19 : 16
  let microseconds = 0
  if (time.charAt(end) === '.') {
    end++
    for (let worth = 100_000; isDigit(time, end); worth = Math.floor(worth / 10)) {
      microseconds += worth * digit(time, end)
      end++
    }
  }
  const offset = end === time.length ? undefined : parseOffset(time.slice(end).trimStart())
  if (Number.isNaN(offset)) return undefined
  const seconds = date / 1000 + hour * 3600 + minute * 60 + second
  return { wall: seconds * 1_000_000 + microseconds, offset }
}

/** NaN: more hours or minutes than a clock has. */
function parseOffset(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', ''))
  if (hours > 23 || minutes > 59) return Number.NaN
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000_000
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1)
}

function digit(text: string, at: number): number {
  return text.charCodeAt(at) - 48
}

function isDigit(text: string, at: number): boolean {
  return digit(text, at) >= 0 && digit(text, at) <= 9
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** null: empty, so not measured. undefined: not a number. */
export function parseNumber(text: string, scale: 1 | 1000 = 1): number | null | undefined {
  if (text === '') return null
  const number = text.trim()
  if (number === '') return null
  if (!NUMBER.test(number)) return undefined
  if (scale === 1) return Number(number)
  // Moving the decimal point in the text is exact; 1.005 * 1000 is 1004.9999999999999.
  return /e/i.test(number) ? Number(number) * scale : Number(`${number}e3`)
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['no', false],
  ['0', false],
])

/** null: empty, so not measured. undefined: neither true nor false. */
export function parseBoolean(text: string): boolean | null | undefined {
  const word = text.trim().toLowerCase()
  return word === '' ? null : BOOLEANS.get(word)
}

/** undefined: not a whole number. The range is not checked. */
export function parseWholeNumber(text: string): number | undefined {
  const digits = text.trim()
  return /^-?\d{1,15}$/.test(digits) ? Number(digits) : undefined
}
