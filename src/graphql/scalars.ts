import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql'
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
 * The input coercion of a scalar that is written as text. Messages say what is expected, with an example; those of the
 * library have its own names of the scalars.
 */
function fromText<Value>(expected: string, parse: (text: string) => Value) {
  const refusal = (got: string) => new GraphQLError(`Expected ${expected}; got ${abridge(got)}`)
  const coerce = (value: unknown): Value => {
    if (typeof value !== 'string') throw refusal(JSON.stringify(value) ?? 'nothing')
    try {
      return parse(value)
    } catch {
      throw refusal(JSON.stringify(value))
    }
  }
  const coerceLiteral = (node: ValueNode): Value => {
    if (node.kind === Kind.STRING) return coerce(node.value)
    throw refusal(print(node))
  }
  return {
    parseValue: coerce,
    coerceInputValue: coerce,
    parseLiteral: coerceLiteral,
    coerceInputLiteral: coerceLiteral,
  }
}

/** The milliseconds of 2000-01-01 and of the last day that a Date with four digits of a year has. */
const FIRST_MS = 946_684_800_000
const LAST_MS = 253_402_300_799_999

const expectedTime = `a time such as 2026-06-21T18:04:05Z, or whole milliseconds since 1970 from ${FIRST_MS} (2000) to ${LAST_MS}`

/**
 * Reads RFC 3339, or whole milliseconds since 1970. Lower numbers are refused: whoever sends seconds would get 1970.
 */
function timeOf(value: unknown): Date {
  const isDigits = typeof value === 'string' && /^-?\d+$/.test(value)
  if (!isDigits && typeof value !== 'number') return timeOfText(value)
  const milliseconds = Number(value)
  if (Number.isInteger(milliseconds) && milliseconds >= FIRST_MS && milliseconds <= LAST_MS) {
    return new Date(milliseconds)
  }
  throw new GraphQLError(`Expected ${expectedTime}; got ${abridge(JSON.stringify(value))}`)
}

const { coerceInputValue: timeOfText } = fromText(expectedTime, dateTime.parseValue)

function timeOfLiteral(node: ValueNode): Date {
  if (node.kind === Kind.STRING) return timeOf(node.value)
  // An Int of GraphQL has 32 bits, but a literal has as many digits as are written.
  if (node.kind === Kind.INT) return timeOf(Number(node.value))
  throw new GraphQLError(`Expected ${expectedTime}; got ${abridge(print(node))}`)
}

export const DateTime = new GraphQLScalarType<Date, string>({
  ...dateTime,
  parseValue: timeOf,
  coerceInputValue: timeOf,
  parseLiteral: timeOfLiteral,
  coerceInputLiteral: timeOfLiteral,
  coerceOutputValue: (value) => (value instanceof Date ? dateTimeText(value) : serialize(value)),
  name: 'DateTime',
  description:
    'RFC 3339 instant in UTC with milliseconds, such as 2026-06-21T18:04:05.000Z. Input may have any offset, or be whole milliseconds since 1970, as a number or as text.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
})

export const LocalDate = new GraphQLScalarType({
  ...GraphQLLocalDate.toConfig(),
  ...fromText('a day such as 2026-06-21', GraphQLLocalDate.coerceInputValue),
  name: 'Date',
  description: "Calendar day in the plant's time zone, such as 2026-06-21.",
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6',
})

/**
 * Unlike the library's it refuses offsets on input, and outputs stored values unchanged: one invalid plant must not
 * fail a whole list.
 */
export const TimeZone = new GraphQLScalarType<string, string>({
  name: 'TimeZone',
  description: 'IANA time zone name, such as America/Los_Angeles.',
  specifiedByURL: 'https://www.iana.org/time-zones',
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
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339#appendix-A',
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
  specifiedByURL: 'https://www.w3.org/TR/xmlschema-2/#decimal',
  ...fromText(
    'a decimal as text such as "0.2815", with at most eight digits before the point and ten after it',
    (text) => {
      const amount = parseAmount(text)
      if (amount === undefined) throw new RangeError('No decimal, or one with too many digits')
      return amount
    },
  ),
  coerceOutputValue: (value) => {
    if (typeof value === 'bigint') return formatAmount(value)
    throw new TypeError(`Expected an amount, got ${typeof value}`)
  },
})
