import SchemaBuilder from '@pothos/core'
import ComplexityPlugin from '@pothos/plugin-complexity'
import RelayPlugin from '@pothos/plugin-relay'
import type { Amount } from '../tariffs/amount.ts'
import { cacheable } from './cacheable.ts'
import type { Context } from './context.ts'
import { idDescription, loadNode, MOST_NODES, nodeTypeOf, parseGlobalId } from './node.ts'
import { pageCost, STATEMENT } from './query-cost.ts'
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
  plugins: [ComplexityPlugin, RelayPlugin],
  defaultFieldNullability: false,
  // The rule in src/http/operations/query-limits.ts refuses before execution, so nothing is counted again during it.
  complexity: { disabled: true },
  // What has pages has a file of its own. The ids of the types are their own as well: the plugin's are promises.
  relay: {
    clientMutationId: 'omit',
    decodeGlobalID: parseGlobalId,
    nodeTypeOptions: {
      extensions: cacheable,
      description: 'What can be queried again by its id.',
      resolveType: nodeTypeOf,
    },
    idFieldOptions: { description: idDescription },
    nodeQueryOptions: {
      extensions: cacheable,
      description:
        'The object with this id; null if it does not exist, or no longer. An id that this API never gives is refused.',
      complexity: STATEMENT,
      resolve: (_, { id }, context) => loadNode(id, context),
    },
    nodesQueryOptions: {
      extensions: cacheable,
      description: `The objects with these ids, at most ${MOST_NODES}, in the order of the ids; null for one that does not exist. An id that this API never gives makes an error and null in its place.`,
      args: { ids: { extensions: { longest: MOST_NODES } } },
      complexity: ({ ids }) => pageCost(ids.length),
      resolve: (_, { ids }, context) => ids.map((id) => loadNode(id, context)),
    },
  },
})

builder.addScalarType('DateTime', DateTime)
builder.addScalarType('Date', LocalDate)
builder.addScalarType('TimeZone', TimeZone)
builder.addScalarType('Duration', Duration)
builder.addScalarType('SafeInt', SafeInt)
builder.addScalarType('Decimal', DecimalText)

builder.queryType({ description: 'What can be read: by anybody, or with the read token.' })
builder.mutationType({ description: 'What can be changed: with the ingest or the admin token.' })
builder.subscriptionType({
  description:
    'What is pushed as it is committed: over WebSocket (graphql-transport-ws) or server-sent events.',
})
