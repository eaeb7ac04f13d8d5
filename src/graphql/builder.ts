import SchemaBuilder from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import type { Context } from './context.ts'
import { DateTime, Duration, LocalDate, SafeInt, TimeZone } from './scalars.ts'

/** Every type, query, mutation and subscription is added to this builder by its own file. */
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
  }
}>({
  plugins: [ComplexityPlugin],
  defaultFieldNullability: false,
  // The rule of src/http/operations/query-limits.ts refuses before anything runs; nothing is counted again during execution.
  complexity: { disabled: true },
})

builder.addScalarType('DateTime', DateTime)
builder.addScalarType('Date', LocalDate)
builder.addScalarType('TimeZone', TimeZone)
builder.addScalarType('Duration', Duration)
builder.addScalarType('SafeInt', SafeInt)

builder.queryType({})
builder.mutationType({})
builder.subscriptionType({})
