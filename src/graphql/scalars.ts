import { GraphQLError, GraphQLScalarType } from 'graphql'
import {
  GraphQLDateTimeISO,
  GraphQLDuration,
  GraphQLLocalDate,
  GraphQLSafeInt,
} from 'graphql-scalars'
import { abridge } from '../fault.ts'
import { type Amount, formatAmount, parseAmount } from '../tariffs/amount.ts'
import { parseTimeZone } from '../telemetry/time-zone.ts'
import { dateTimeText } from './date-time-text.ts'

const { serialize, ...dateTime } = GraphQLDateTimeISO.toConfig()

/**
 * The input coercion of a scalar that is written as text. The library's puts the value into its message, which throws
 * for an object without a text.
 */
function fromText<Value>(expected: string, parse: (text: string) => Value) {
  const coerce = (value: unknown): Value => {
    if (typeof value === 'string') return parse(value)
    throw new GraphQLError(
      `Expected ${expected}; got ${abridge(JSON.stringify(value) ?? 'nothing')}`,
    )
  }
  return { parseValue: coerce, coerceInputValue: coerce }
}

export const DateTime = new GraphQLScalarType<Date, string>({
  ...dateTime,
  ...fromText('a time such as 2026-06-21T18:04:05Z', dateTime.parseValue),
  coerceOutputValue: (value) => (value instanceof Date ? dateTimeText(value) : serialize(value)),
  name: 'DateTime',
  description:
    'RFC 3339 instant in UTC with milliseconds, such as 2026-06-21T18:04:05.000Z. Input may have any offset.',
})

export const LocalDate = new GraphQLScalarType({
  ...GraphQLLocalDate.toConfig(),
  ...fromText('a day such as 2026-06-21', GraphQLLocalDate.coerceInputValue),
  name: 'Date',
  description: "Calendar day in the plant's time zone, such as 2026-06-21.",
})

/**
 * Unlike the library's it refuses offsets on input, and outputs stored values unchanged: one invalid plant must not
 * fail a whole list.
 */
export const TimeZone = new GraphQLScalarType<string, string>({
  name: 'TimeZone',
  description: 'IANA time zone name, such as America/Los_Angeles.',
  coerceInputValue: (value) => {
    const timeZone = typeof value === 'string' ? parseTimeZone(value) : undefined
    if (timeZone !== undefined) return timeZone
    throw new GraphQLError(
      `Expected an IANA time zone such as America/Los_Angeles; got ${abridge(JSON.stringify(value) ?? String(value))}`,
    )
  },
})

export const Duration = new GraphQLScalarType({
  ...GraphQLDuration.toConfig(),
  ...fromText('a duration such as PT5M', GraphQLDuration.coerceInputValue),
  name: 'Duration',
  description: 'ISO 8601 duration, such as PT5M or P1D.',
})

export const SafeInt = new GraphQLScalarType({
  ...GraphQLSafeInt.toConfig(),
  name: 'SafeInt',
  description: 'Whole number of at most 2^53 - 1.',
})

/** As text, because a number of JSON is a floating-point number to most who read it. */
export const DecimalText = new GraphQLScalarType<Amount, string>({
  name: 'Decimal',
  description:
    'Decimal number as text, such as "0.2815" or "-3.5": up to eight digits before the point and ten after it.',
  ...fromText('a decimal as text, such as "0.2815"', (text) => {
    const amount = parseAmount(text)
    if (amount !== undefined) return amount
    throw new GraphQLError(
      `Expected a decimal such as "0.2815", with at most eight digits before the point and ten after it; got ${abridge(JSON.stringify(text))}`,
    )
  }),
  coerceOutputValue: (value) => {
    if (typeof value === 'bigint') return formatAmount(value)
    throw new TypeError(`Expected an amount, got ${typeof value}`)
  },
})
