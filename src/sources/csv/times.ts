/** A time as a file writes it. */
export interface WrittenTime {
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
  if (/^(?:z|utc|gmt)$/i.test(zone)) return 0
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

/** In which order a date names year, month and day. */
export type DateOrder = 'ymd' | 'dmy' | 'mdy'

/** How a file writes its times. */
export type TimeFormat = DateOrder | 'unix' | 'unix-ms' | 'unix-ns' | 'excel'

export const timeFormats = [
  'ymd',
  'dmy',
  'mdy',
  'unix',
  'unix-ms',
  'unix-ns',
  'excel',
] as const satisfies TimeFormat[]

/** In words, for refusals and explanations. */
export const timeFormatWords: Readonly<Record<TimeFormat, string>> = {
  ymd: 'a time such as 2026-06-21T18:04:05Z',
  dmy: 'a time such as 21.06.2026 18:04, day first',
  mdy: 'a time such as 06/21/2026 18:04, month first',
  unix: 'Unix time in seconds, such as 1782036000',
  'unix-ms': 'Unix time in milliseconds, such as 1782036000000',
  'unix-ns': 'Unix time in nanoseconds, such as 1782036000000000000',
  excel: 'a serial day of Excel, such as 46194.75',
}

/** Returns the time that a text says in a format; undefined if it does not. */
export function parseTimeAs(text: string, format: TimeFormat): WrittenTime | undefined {
  switch (format) {
    case 'ymd':
      return parseTime(text) ?? parseDateTime(text, 'ymd')
    case 'dmy':
    case 'mdy':
      return parseDateTime(text, format)
    case 'unix':
      return parseUnix(text, 9, 11, 1_000_000)
    case 'unix-ms':
      return parseUnix(text, 12, 14, 1000)
    case 'unix-ns':
      return parseUnix(text, 18, 20, 0.001)
    case 'excel':
      return parseSerialDay(text)
  }
}

const DATE_TIME =
  /^(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})\.?(?:(?:,? +|T)(\d{1,2})[:.](\d\d)(?:[:.](\d\d)(?:[.,](\d{1,9}))?)?(?: ?([ap])\.? ?m\.?)?)? ?((?:Z|UTC|GMT)(?![+-])|(?:[A-Z]{3,4})?[+-]\d\d(?::?\d\d)?)?$/i

/** Reads a date, with the time of day behind it or without, which is midnight; by a clock of 24 or of 12 hours. */
function parseDateTime(text: string, order: DateOrder): WrittenTime | undefined {
  const match = DATE_TIME.exec(text.trim())
  if (match === null) return undefined
  const [, first = '', , second = '', third = ''] = match
  const [year, month, day] =
    order === 'ymd'
      ? [first, second, third]
      : order === 'dmy'
        ? [third, second, first]
        : [third, first, second]
  if ((year.length !== 4 && year.length !== 2) || day.length > 2 || month.length > 2)
    return undefined
  const date = dateOf(Number(year) + (year.length === 2 ? 2000 : 0), Number(month), Number(day))
  const time = timeOfDay(match[5], match[6], match[7], match[9])
  const zone = match[10]
  const offset = zone === undefined ? undefined : parseOffset(zone.replace(/^[a-z]+(?=[+-])/i, ''))
  if (date === undefined || time === undefined || Number.isNaN(offset)) return undefined
  const fraction = Number((match[8] ?? '').slice(0, 6).padEnd(6, '0'))
  return { wall: date + time * 1_000_000 + fraction, offset }
}

function dateOf(year: number, month: number, day: number): number | undefined {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? date.getTime() * 1000
    : undefined
}

/** Seconds since midnight. `half` is the a or p of a clock of 12 hours. */
function timeOfDay(
  hours = '0',
  minutes = '0',
  seconds = '0',
  half: string | undefined = undefined,
): number | undefined {
  const [written, minute, second] = [Number(hours), Number(minutes), Number(seconds)]
  if (minute > 59 || second > 59) return undefined
  // The end of a day.
  if (half === undefined && written === 24 && minute + second === 0) return 86_400
  if (half === undefined) return written > 23 ? undefined : written * 3600 + minute * 60 + second
  if (written < 1 || written > 12) return undefined
  const hour = (written % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  return hour * 3600 + minute * 60 + second
}

const UNIX = /^\d+(?:\.\d{1,9})?$/

function parseUnix(
  text: string,
  fewest: number,
  most: number,
  microseconds: number,
): WrittenTime | undefined {
  const number = text.trim()
  const digits = number.split('.', 1)[0]?.length ?? 0
  if (!UNIX.test(number) || digits < fewest || digits > most) return undefined
  return { wall: Math.round(Number(number) * microseconds), offset: 0 }
}

/** 1970-01-01 as a serial day. */
const EPOCH_DAY = 25_569
const SERIAL_DAY = /^\d{5}(?:[.,]\d+)?$/

function parseSerialDay(text: string): WrittenTime | undefined {
  const serial = text.trim()
  if (!SERIAL_DAY.test(serial)) return undefined
  // A double of a day is exact to a microsecond or so, and what was typed to a second.
  const seconds = Math.round((Number(serial.replace(',', '.')) - EPOCH_DAY) * 86_400)
  return { wall: seconds * 1_000_000, offset: undefined }
}

const DATE_ALONE = /^\d{1,4}([./-])\d{1,2}\1\d{1,4}\.?$/
const TIME_ALONE = /^\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?[ap]\.? ?m\.?)?$/i

export function isDateAlone(text: string): boolean {
  return DATE_ALONE.test(text.trim())
}

const MIDNIGHT = /[ T]0?0:00(?::00(?:[.,]0+)?)?$/

/** Whether it is a date whose time of day says nothing. */
export function isMidnight(text: string): boolean {
  return MIDNIGHT.test(text.trim())
}

/** Returns the time that a date, with or without midnight behind it, and a time of day say. */
export function joinDateAndTime(date: string, time: string): string {
  return `${date.trim().replace(MIDNIGHT, '')} ${time.trim()}`
}

export function isTimeAlone(text: string): boolean {
  return TIME_ALONE.test(text.trim())
}
