import SchemaBuilder from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import type { Amount } from '../tariffs/amount.ts'
import type { Context } from './context.ts'
import { DateTime, DecimalText, Duration, LocalDate, SafeInt, TimeZone } from './scalars.ts'

/** The file of each type adds its types, queries, mutations and subscriptions to this builder. */
export const builder = new SchemaBuilder<{
  Context: Context
  DefaultFieldNullability: false
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date }
    Date: { Input: string; Output: string }
    TimeZone: { Input: string; Output: string }
    Duration: { Input: string; Output: string }
    SafeInt: { Input: number; Output: number }
    Decimal: { Input: Amount; Output: Amount }
  }
}>({
  plugins: [ComplexityPlugin],
  defaultFieldNullability: false,
  // The rule in src/http/operations/query-limits.ts refuses before execution, so nothing is counted again during it.
  complexity: { disabled: true },
})

builder.addScalarType('DateTime', DateTime)
builder.addScalarType('Date', LocalDate)
builder.addScalarType('TimeZone', TimeZone)
builder.addScalarType('Duration', Duration)
builder.addScalarType('SafeInt', SafeInt)
builder.addScalarType('Decimal', DecimalText)

builder.queryType({})
builder.mutationType({})
builder.subscriptionType({})
