import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ParseOptions,
  visit,
} from 'graphql'
import type { Role } from '../graphql/role.ts'
import type { JsonLimits } from './json-limits.ts'
import { operationCost, type Sizes } from './operations/operation-cost.ts'

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

/** Bytes of all that comes over a WebSocket before it is known who sends it. */
export const maxInitBytes = 8 * 1024

/** Of the JSON in that. */
export const initJsonLimits: JsonLimits = { depth: 32, values: 200 }

/** Bytes that all WebSockets together may hold of messages that are not complete. */
export const maxUnfinishedBytes = 64 * 1024 * 1024

/** Characters of an operation's id on a WebSocket, which is kept while the operation lasts. */
export const maxIdCharacters = 1000

/** Characters of a subscription's text and its variables as JSON, which are kept while it lasts. */
export const maxSubscriptionCharacters = 16 * 1024

/** Bytes of what is kept of all subscriptions' requests; those that are alike keep it once. */
export const maxRetainedBytes = 128 * 1024 * 1024

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

/** Letters of an alias, which an answer repeats in each of a thousand rows. */
export const maxAliasLength = 100

/** Nested fields: the deepest path that says anything new has six. Introspection does not count. */
export const maxDepth = 10

/**
 * Units, of which one is about 2 µs of this process or 15 µs of PostgreSQL (src/http/operations/operation-cost.ts): so at most an
 * operation takes 0.15 s of the one and a second of the other. The largest page of readings with every field, edges and nodes, is
 * 51,000; the longest chart with every field 42,000.
 */
export const maxCost = 65_000

/** What is to be said of an operation before it runs. */
export interface Judgement {
  /** Why it must not run; empty where it may. */
  readonly errors: readonly GraphQLError[]
  /** In units; 0 where a variable is wrong, so that the executor will refuse it. */
  readonly cost: number
}

/** While nobody has counted. */
export const usualSizes: Sizes = { plants: 20 }

/** What of the limits can be judged by the document alone. */
export function documentLimitErrors(document: DocumentNode): GraphQLError[] {
  let aliases = 0
  let longest = 0
  visit(document, {
    Field({ alias }) {
      if (alias === undefined) return
      aliases++
      longest = Math.max(longest, alias.value.length)
    },
  })
  if (aliases > maxAliases) return [tooComplex('aliases', aliases, maxAliases)]
  if (longest > maxAliasLength) return [tooComplex('letters of an alias', longest, maxAliasLength)]
  return []
}

/** Depth and cost of one operation; the cost counts the page sizes in the variables. */
export function judgeOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  sizes = usualSizes,
): Judgement {
  const found = operationCost(schema, document, operation, { variables, sizes, atMost: maxCost })
  if (found === undefined) return { errors: [], cost: 0 }
  const { depth } = found
  const cost = Math.ceil(found.cost)
  if (depth > maxDepth) {
    return { errors: [tooComplex('levels of fields', depth, maxDepth)], cost }
  }
  if (cost > maxCost) {
    return { errors: [tooComplex('units of work', cost, maxCost)], cost }
  }
  return { errors: [], cost }
}

/** Parsing and validating a shorter text takes less than a turn is worth. */
const SHORT_TEXT = 500

/**
 * What it costs at most to parse and validate a text of so many characters: that grows with its square, up to the
 * 0.1 s of the worst document of 2000 tokens. 0 for a short one.
 */
export function readingCost(characters: number): number {
  if (characters <= SHORT_TEXT) return 0
  return Math.min(maxCost, Math.round(characters ** 2 / 320))
}

/** Milliseconds that are less than a turn is worth. */
const SHORT_MS = 1
const UNITS_A_MS = 500

/** What work of so many milliseconds of this process costs; 0 for a short one. */
export function costOfTime(ms: number): number {
  return ms < SHORT_MS ? 0 : Math.min(maxCost, Math.round(ms * UNITS_A_MS))
}

function tooComplex(what: string, count: number, limit: number): GraphQLError {
  return new GraphQLError(
    `Expected at most ${limit} ${what}, got ${count}: ask for less, or in several requests`,
    { extensions: { code: 'QUERY_TOO_COMPLEX' } },
  )
}
