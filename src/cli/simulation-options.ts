import { InvalidArgumentError } from 'commander'
import { parseTimeZone } from '../telemetry/time-zone.ts'

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
