import { complexityFromQuery } from '@pothos/plugin-complexity'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type ParseOptions,
  visit,
} from 'graphql'

/** Bytes of a request's body: 10,000 readings with every field take 3 MiB. */
export const maxBodySize = 8 * 1024 * 1024

/** Bytes that may wait for a WebSocket to read: two of the largest answers. */
export const maxUnsentBytes = 16 * 1024 * 1024

/**
 * Bounds of the text. Validating the worst document of 2000 tokens takes 0.1 s; GraphiQL's
 * introspection has 184, and data belongs into variables, which do not count.
 */
export const parseLimits: ParseOptions = {
  maxLexicalTokens: 2000,
  maxComments: 500,
  maxSourceLength: 100_000,
}

/** Aliases in a document: one field for each of a hundred plants is a dashboard, more is a loop. */
export const maxAliases = 100

/** Nested fields: the deepest path that says anything new has six. Introspection does not count. */
export const maxDepth = 10

/**
 * Fields that may be resolved, as the schema's complexities tell for the page sizes asked for: a
 * page of 1000 readings with every field, edges and nodes, is 44,000, and takes about 0.1 s of CPU.
 */
export const maxCost = 50_000

/** What of the limits can be judged by the document alone. */
export function documentLimitErrors(document: DocumentNode): GraphQLError[] {
  let aliases = 0
  visit(document, {
    Field(node) {
      if (node.alias !== undefined) aliases++
    },
  })
  return aliases > maxAliases ? [tooComplex('aliases', aliases, maxAliases)] : []
}

/** Depth and cost of one operation; the cost counts the page sizes in the variables. */
export function operationLimitErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): GraphQLError[] {
  const definitions = [
    operation,
    ...document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION),
  ]
  let depth: number
  let complexity: number
  try {
    const query = { kind: Kind.DOCUMENT, definitions } as const
    ;({ depth, complexity } = complexityFromQuery(query, { schema, variables }))
  } catch (error) {
    if (error instanceof GraphQLError) return [] // A variable is wrong: the executor says how.
    throw error
  }
  if (depth > maxDepth) return [tooComplex('levels of fields', depth, maxDepth)]
  if (complexity > maxCost) return [tooComplex('fields to resolve', complexity, maxCost)]
  return []
}

function tooComplex(what: string, count: number, limit: number): GraphQLError {
  return new GraphQLError(
    `Expected at most ${limit} ${what}, got ${count}: ask for less, or in several requests`,
    { extensions: { code: 'QUERY_TOO_COMPLEX' } },
  )
}
