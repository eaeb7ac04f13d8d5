import type { Instant } from '../../database/instant.ts'
import { abridge } from '../../fault.ts'

/** What a payload says at one place: a number, or why there is none. */
export type Said = { number: number } | { missing: string }

/** Characters of a payload that a message repeats. */
const MOST_REPEATED = 60

/** Words for "not measured": those of Home Assistant, of Python, JavaScript and C. */
const NOT_MEASURED = /^(?:unavailable|unknown|none|null|undefined|nan|n\/a|-|)$/i

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i

/** Returns the number that a payload is, or has at a path. Never throws: a payload can be anything. */
export function numberIn(payload: string, path: string | undefined): Said {
  const found = valueIn(payload, path)
  if ('missing' in found) return found
  const { value } = found
  if (typeof value === 'number' && Number.isFinite(value)) return { number: value }
  const text = value === null ? 'null' : typeof value === 'string' ? value.trim() : undefined
  if (text !== undefined && DECIMAL.test(text) && Number.isFinite(Number(text))) {
    return { number: Number(text) }
  }
  const said = `said ${repeated(payload)}${path === undefined ? '' : `, with ${repeated(text ?? JSON.stringify(value))} at ${path}`}`
  if (text !== undefined && NOT_MEASURED.test(text)) return { missing: said }
  return { missing: `${said}: expected a number` }
}

/** Returns the time that a payload is, or has at a path; what it said instead if there is none. */
export function timeIn(
  payload: string,
  path: string | undefined,
): { time: Instant } | { missing: string } {
  const found = valueIn(payload, path)
  if ('missing' in found) return found
  const text = String(found.value).trim()
  const time = DECIMAL.test(text) ? sinceEpoch(Number(text)) : isoTime(text)
  if (time !== undefined) return { time }
  return {
    missing: `said ${repeated(payload)}: expected a time${path === undefined ? '' : ` at ${path}`}, in ISO 8601 with an offset or in seconds since 1970`,
  }
}

/** Seconds of the year 5138, and milliseconds of March 1973. */
const SECONDS_END = 100_000_000_000

function sinceEpoch(count: number): Instant | undefined {
  const microseconds = Math.round(count < SECONDS_END ? count * 1_000_000 : count * 1000)
  return count > 0 && Number.isSafeInteger(microseconds) ? microseconds : undefined
}

function isoTime(text: string): Instant | undefined {
  try {
    return Number(Temporal.Instant.from(text).epochNanoseconds / 1000n)
  } catch {
    return undefined
  }
}

function valueIn(
  payload: string,
  path: string | undefined,
): { value: unknown } | { missing: string } {
  if (path === undefined) return { value: payload }
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return { missing: `said ${repeated(payload)}: expected JSON with ${path}` }
  }
  for (const key of keysOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.keys(value).includes(key)) {
      return { missing: `said ${repeated(payload)}: expected JSON with ${path}` }
    }
    value = Reflect.get(value, key)
  }
  return { value }
}

/** `pv.0.power` and `pv[0].power` are the same. */
function keysOf(path: string): string[] {
  return path
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((key) => key !== '')
}

/** The beginning of a payload, for a message. */
export function repeated(text: string): string {
  return JSON.stringify(abridge(text, MOST_REPEATED))
}
