/**
 * Days and hours by the plant's clock, wherever the browser is. A day is text such as 2026-06-21, as in the API; an
 * instant is in milliseconds since 1970. Where a day begins and ends is the server's to say.
 */
export type Day = string

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const WEEK = 7 * 24 * HOUR

const formats = new Map<string, Intl.DateTimeFormat>()

function format(zone: string, options: Intl.DateTimeFormatOptions, locale?: string) {
  const key = `${locale} ${zone} ${JSON.stringify(options)}`
  let made = formats.get(key)
  if (made === undefined) {
    made = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone })
    formats.set(key, made)
  }
  return made
}

/** The day that the plant's calendar shows. */
export function dayAt(instant: number, zone: string): Day {
  const options = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  return format(zone, options, 'en-CA-u-ca-gregory-nu-latn').format(instant)
}

/** How far the plant's clock is ahead of UTC, in milliseconds. */
export function offsetAt(instant: number, zone: string): number {
  const parts = format(zone, { timeZoneName: 'longOffset' }, 'en').formatToParts(instant)
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] =
    /GMT([+-])(\d+):(\d+)(?::(\d+))?/.exec(name) ?? []
  const size = Number(hours) * HOUR + Number(minutes) * MINUTE + Number(seconds) * 1000
  return sign === '-' ? -size : size
}

export function timeText(instant: number, zone: string): string {
  return format(zone, { timeStyle: 'short' }).format(instant)
}

/** With the offset where the clock shows this time twice. */
export function exactTimeText(instant: number, zone: string): string {
  // Lord Howe Island changes its clocks by half an hour.
  const isRepeated = [-HOUR, -HOUR / 2, HOUR / 2, HOUR].some(
    (away) => timeText(instant + away, zone) === timeText(instant, zone),
  )
  return isRepeated
    ? format(zone, { hour: 'numeric', minute: '2-digit', timeZoneName: 'short' }).format(instant)
    : timeText(instant, zone)
}

export function dayAndTimeText(instant: number, zone: string): string {
  const options = { day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' } as const
  return format(zone, options).format(instant)
}

const dayStyles = {
  full: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  date: { day: 'numeric', month: 'long', year: 'numeric' },
  short: { day: 'numeric', month: 'short' },
  weekday: { weekday: 'short' },
  number: { day: 'numeric' },
  month: { month: 'long', year: 'numeric' },
  shortMonth: { month: 'short' },
  year: { year: 'numeric' },
} as const

export function dayText(day: Day, style: keyof typeof dayStyles): string {
  return format('UTC', dayStyles[style]).format(midnight(day))
}

export function addDays(day: Day, days: number): Day {
  return dayOf(midnight(day) + days * 24 * HOUR)
}

/** The same day of another month, or the last day of that one. */
export function addMonths(day: Day, months: number): Day {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const lastDate = new Date(Date.UTC(year, month + months, 0)).getUTCDate()
  return dayOf(Date.UTC(year, month - 1 + months, Math.min(date, lastDate)))
}

export function firstOfMonth(day: Day): Day {
  return `${day.slice(0, 7)}-01`
}

export function lastOfMonth(day: Day): Day {
  return addDays(addMonths(firstOfMonth(day), 1), -1)
}

export function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && dayOf(midnight(text)) === text
}

function midnight(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`)
}

function dayOf(utc: number): Day {
  return Number.isNaN(utc) ? '' : new Date(utc).toISOString().slice(0, 10)
}

const steps = [1, 2, 5, 10, 15, 30]
  .map((each) => each * MINUTE)
  .concat([1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 168].map((each) => each * HOUR))

/** Instants at which the plant's clock shows multiples of one step since midnight, at most so many. */
export function clockTicks(from: number, to: number, zone: string, most: number): number[] {
  const shortest = (to - from) / most
  const step = steps.find((each) => each >= shortest) ?? Math.ceil(shortest / WEEK) * WEEK
  const stride = Math.min(step, HOUR / 2)
  const ticks: number[] = []
  // In strides of half an hour at most: the clock may be changed between two ticks, on Lord Howe Island by that much.
  const first = Math.ceil((from + offsetAt(from, zone)) / stride) * stride - offsetAt(from, zone)
  for (let at = first; at <= to; at += stride) {
    const clock = at + offsetAt(at, zone)
    if (clock % step === 0) ticks.push(at)
  }
  return ticks
}
