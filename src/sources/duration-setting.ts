import { z } from 'zod'
import { durationText, millisecondsOf } from '../milliseconds.ts'

/** A setting that is an ISO 8601 duration of at least and at most so many milliseconds. Parsed to milliseconds. */
export function durationSetting(leastMs: number, mostMs: number, example: string) {
  return z.string().transform((text, context) => {
    const ms = millisecondsOf(text)
    if (ms !== undefined && ms >= leastMs && ms <= mostMs) return ms
    context.addIssue({
      code: 'custom',
      message: `expected an ISO 8601 duration from ${durationText(leastMs)} to ${durationText(mostMs)}, such as ${example}`,
    })
    return z.NEVER
  })
}
