import { GraphQLScalarType } from 'graphql'
import {
  GraphQLDateTimeISO,
  GraphQLDuration,
  GraphQLSafeInt,
  GraphQLTimeZone,
} from 'graphql-scalars'

export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description:
    'RFC 3339 instant in UTC with milliseconds, such as 2026-06-21T18:04:05.000Z. Input may carry any offset.',
})

export const TimeZone = new GraphQLScalarType({
  ...GraphQLTimeZone.toConfig(),
  name: 'TimeZone',
  description: 'IANA time zone name, such as America/Los_Angeles.',
})

export const Duration = new GraphQLScalarType({
  ...GraphQLDuration.toConfig(),
  name: 'Duration',
  description: 'ISO 8601 duration, such as PT5M or P1D.',
})

export const SafeInt = new GraphQLScalarType({
  ...GraphQLSafeInt.toConfig(),
  name: 'SafeInt',
  description: 'Whole number of at most 2^53 - 1.',
})
