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
import type { Role } from '../graphql/role.ts'
import type { JsonLimits } from './json-limits.ts'

/** Bytes of a request's body, or of a WebSocket message: 10,000 readings with every field take 3 MiB. */
export const maxBodyBytes: Readonly<Record<Role, number>> = {
  read: 256 * 1024,
  ingest: 8 * 1024 * 1024,
  admin: 8 * 1024 * 1024,
}

/** Bytes of all bodies under way together. */
export const maxBytesUnderWay = 64 * 1024 * 1024

/** Of the JSON that a role sends: 10,000 readings with every field have 180,000 values. */
export const jsonLimits: Readonly<Record<Role, JsonLimits>> = {
  read: { depth: 32, values: 10_000 },
  ingest: { depth: 32, values: 250_000 },
  admin: { depth: 32, values: 250_000 },
}

/** Bytes that may wait for a WebSocket to read: two of the largest answers. */
export const maxUnsentBytes = 16 * 1024 * 1024

/** Bytes that may wait for all clients together to read. */
export const maxUnsentBytesTogether = 128 * 1024 * 1024

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

/** What an operation costs, and what it is refused for. */
export interface Judgement {
  readonly errors: readonly GraphQLError[]
  readonly cost: number
}

/** Judges depth and cost of one operation; the cost counts the page sizes in the variables. */
export function judgeOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): Judgement {
  const definitions = [
    operation,
    ...document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION),
  ]
  try {
    const query = { kind: Kind.DOCUMENT, definitions } as const
    const { depth, complexity: cost } = complexityFromQuery(query, { schema, variables })
    const errors =
      depth > maxDepth
        ? [tooComplex('levels of fields', depth, maxDepth)]
        : cost > maxCost
          ? [tooComplex('fields to resolve', cost, maxCost)]
          : []
    return { errors, cost }
  } catch (error) {
    if (error instanceof GraphQLError) return { errors: [], cost: 0 } // A variable is wrong: the executor says how.
    throw error
  }
}

/**
 * What it costs at most to parse and validate a text of so many characters: that grows with its square, up to the
 * 0.1 s of the worst document of 2000 tokens.
 */
export function readingCost(characters: number): number {
  return Math.min(maxCost, Math.round(characters ** 2 / 320))
}

function tooComplex(what: string, count: number, limit: number): GraphQLError {
  return new GraphQLError(
    `Expected at most ${limit} ${what}, got ${count}: ask for less, or in several requests`,
    { extensions: { code: 'QUERY_TOO_COMPLEX' } },
  )
}
