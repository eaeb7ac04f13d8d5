import { InvalidArgumentError } from 'commander'
import type { Instant } from '../database/instant.ts'
import { parseTime } from '../sources/csv/times.ts'
import { LARGEST_PLANT_ID } from '../telemetry/reading.ts'
import { parseTimeZone } from '../telemetry/time-zone.ts'

export function plantIdOption(text: string): number {
  const id = Number(text)
  if (!/^\d{1,10}$/.test(text) || id > LARGEST_PLANT_ID) {
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${LARGEST_PLANT_ID}.`)
  }
  return id
}

export function instantOption(text: string): Instant {
  const time = parseTime(text)
  if (time?.offset === undefined) {
    throw new InvalidArgumentError(
      'Expected a time with its offset, such as 2026-06-21T00:00:00Z or 2026-06-21T00:00:00+02:00.',
    )
  }
  return time.wall - time.offset
}

export function wholeNumberOption(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d{1,16}$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`)
  }
}

/** Microseconds of a step of whole seconds, at most a day: `60s`, `5m`, `1h`, or an ISO 8601 duration. */
export function stepOption(text: string): number {
  const shorthand = /^(\d{1,9})([smh])$/.exec(text)
  const iso = shorthand === null ? text : `PT${shorthand[1]}${shorthand[2]?.toUpperCase()}`
  try {
    const seconds = Temporal.Duration.from(iso).total('seconds')
    if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400) return seconds * 1_000_000
  } catch {}
  throw new InvalidArgumentError('Expected whole seconds up to a day, such as 60s, 5m or PT15M.')
}

export function timeZoneOption(text: string): string {
  const timeZone = parseTimeZone(text)
  if (timeZone !== undefined) return timeZone
  throw new InvalidArgumentError('Expected an IANA time zone, such as Africa/Johannesburg.')
}

/** Whole seconds of an ISO 8601 duration within limits, in seconds. */
export function durationOption(least: number, most: number): (text: string) => number {
  return (text) => {
    try {
      const seconds = Temporal.Duration.from(text.toUpperCase()).total({
        unit: 'seconds',
        relativeTo: '2000-01-01',
      })
      if (Number.isInteger(seconds) && seconds >= least && seconds <= most) return seconds
    } catch {}
    const [from, to] = [least, most].map((seconds) =>
      Temporal.Duration.from({ seconds }).round({ largestUnit: 'hours' }).toString(),
    )
    throw new InvalidArgumentError(
      `Expected whole seconds from ${from} to ${to} as an ISO 8601 duration, such as PT15M.`,
    )
  }
}

/** One character between columns: itself, or `tab`. */
export function delimiterOption(text: string): string {
  if (/^(?:tab|\\t)$/i.test(text)) return '\t'
  if (text.length === 1 && !/[\w"\r\n]/.test(text)) return text
  throw new InvalidArgumentError('Expected one character, such as ";", or tab.')
}

/** A line, or the first and the last of several: `4` or `4-6`. */
export function linesOption(text: string): [number, number] {
  const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(text)
  const [first, last] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? match?.[1] ?? 0)]
  if (first >= 1 && last >= first) return [first, last]
  throw new InvalidArgumentError('Expected the line of the header, such as 4 or 4-6.')
}
