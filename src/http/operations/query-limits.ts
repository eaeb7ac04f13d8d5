import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  type ParseOptions,
  parse,
  visit,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { LRUCache } from 'lru-cache'
import { Fault } from '../../fault.ts'
import type { Services } from '../../graphql/context.ts'
import { abridgeError, ClientError, errorWithStatus } from '../errors.ts'
import { earlyRefusal } from './early-refusals.ts'
import type { OperationContext } from './operation-context.ts'
import { operationCost, usualSizes, withCostVariables } from './operation-cost.ts'

/**
 * Bounds of the text. Validating the worst document of 2000 tokens takes 0.1 s. GraphiQL's introspection has 184, and
 * data belongs in variables, which do not count.
 */
export const parseLimits: ParseOptions = {
  maxLexicalTokens: 2000,
  maxComments: 500,
  maxSourceLength: 100_000,
}

/** Aliases in a document: one field for each of a hundred plants is a dashboard, more is a loop. */
export const maxAliases = 100

/** Letters of an alias, which a response repeats in each of a thousand rows. */
export const maxAliasLength = 100

/** Nested fields: the deepest path that says anything new has six. Introspection does not count. */
export const maxDepth = 10

/**
 * Units, of which one is about 2 µs of this process or 15 µs of PostgreSQL (operation-cost.ts). So an operation takes
 * at most 0.15 s of the one and a second of the other. The largest page of readings with every field, edges and nodes,
 * costs 60,300; the longest chart with the mean of every quantity 30,600. With every field of every quantity it is
 * 83,600, so it has to be asked for with fewer points.
 */
export const maxCost = 65_000

/**
 * Tokens in all parsed documents that are kept, about 400 bytes each: at most 80 MB, for some 2000 everyday documents.
 */
const maxKeptTokens = 200_000

/** The limits that every operation is held to before it runs. */
export interface QueryLimits {
  /**
   * Returns what it costs at most to parse, validate and check a text, in units. For a text that was parsed before,
   * only the check counts: what it took last time, or 0 if that was under 1 ms or does not depend on the variables.
   */
  parsingCost(text: unknown): number
  /** Parses and validates for Yoga. */
  readonly plugin: Plugin<OperationContext>
}

/**
 * Parses and validates a document once, however often it is sent, and holds every operation to the limits, in this
 * order:
 * 1. the text: its length and its tokens;
 * 2. the document: its aliases, and the schema's rules;
 * 3. the operation: the role and the length of lists (early-refusals.ts), its depth and its cost (operation-cost.ts).
 *
 * Yoga's own cache is bounded by the number of documents, whatever their size, and cannot hold what depends on
 * variables.
 */
export function createQueryLimits(
  schema: GraphQLSchema,
  sizes: Services['sizes'] = usualSizes,
): QueryLimits {
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: maxKeptTokens,
    // The text itself counts: one token may be a string of 100,000 characters.
    sizeCalculation: ({ tokenCount = 0, loc }) => 1 + tokenCount + Math.ceil((loc?.end ?? 0) / 100),
  })
  const documentErrors = new WeakMap<DocumentNode, readonly GraphQLError[]>()
  /** Operations with the variables that their cost depends on. */
  const costOperations = new WeakMap<OperationDefinitionNode, OperationDefinitionNode>()
  /** Of operations that cost the same whatever their variables, as long as the number of plants is the same. */
  const fixedChecks = new WeakMap<OperationDefinitionNode, OperationCheck & { plants: number }>()
  /** What the last check took of the others, which are checked for each request. */
  const checkCosts = new WeakMap<DocumentNode, number>()

  function parseOnce(text: string): DocumentNode {
    const known = documents.get(text)
    if (known !== undefined) return known
    const document = parseWithinLimits(text)
    documents.set(text, document)
    return document
  }

  function check(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): OperationCheck {
    const weighed = costOperations.getOrInsertComputed(operation, () =>
      withCostVariables(schema, document, operation),
    )
    const { plants } = sizes
    const known = fixedChecks.get(operation)
    if (known?.plants === plants) return known
    const start = performance.now()
    const checked = checkOperation(schema, document, weighed, variables, { plants })
    const isFixed = operation.operation !== 'mutation' && !weighed.variableDefinitions?.length
    if (isFixed) fixedChecks.set(operation, { ...checked, plants })
    else checkCosts.set(document, costOfTime(performance.now() - start))
    return checked
  }

  /** Returns why an operation must not begin. If it may, its cost is noted in the context. */
  function operationErrors(
    document: DocumentNode,
    context: OperationContext,
  ): readonly GraphQLError[] {
    const { role, params, acceptsEvents } = context
    const operation = getOperationAST(document, params?.operationName)
    if (!operation) return [] // The executor says which one is missing.
    if (operation.operation === 'subscription' && acceptsEvents === false)
      return [errorWithStatus(eventsNeeded())]
    const variables = params?.variables ?? {}
    const early = earlyRefusal(schema, document, operation, { role, variables })
    if (early !== undefined) return [errorWithStatus(early)]
    const { errors, cost } = check(document, operation, variables)
    context.cost = cost
    return errors
  }

  const plugin: Plugin<OperationContext> = {
    onParse({ setParseFn }) {
      setParseFn((source) => parseOnce(typeof source === 'string' ? source : source.body))
    },
    onValidate({ params, context, validateFn, setValidationFn }) {
      setValidationFn((...given: Parameters<typeof validateFn>) => {
        const document = params.documentAST
        const errors = documentErrors.getOrInsertComputed(document, () => {
          const beyond = documentLimitErrors(document)
          return beyond.length > 0 ? beyond : validateFn(...given).map(abridgeError)
        })
        return errors.length > 0 ? errors : operationErrors(document, context)
      })
    },
  }
  return {
    plugin,
    parsingCost: (text) => {
      if (typeof text !== 'string') return 0
      const known = documents.peek(text)
      return known === undefined ? costOfParsing(text.length) : (checkCosts.get(known) ?? 0)
    },
  }
}

/** 400, or 200 for a client that takes nothing but application/json, as GraphQL over HTTP says. */
const badRequest = { spec: true, status: 400 }

function parseWithinLimits(text: string): DocumentNode {
  try {
    return parse(text, parseLimits)
  } catch (error) {
    if (error instanceof RangeError) {
      const extensions = { code: 'QUERY_TOO_COMPLEX', http: badRequest }
      throw new GraphQLError('The text nests deeper than can be read', { extensions })
    }
    if (!(error instanceof GraphQLError)) throw error
    // The parser names the limit and has no code for it. Each such message ends like this.
    const aborted = error.message.endsWith('Parsing aborted.')
    throw new GraphQLError(error.message, {
      source: error.source,
      positions: error.positions,
      extensions: {
        code: aborted ? 'QUERY_TOO_COMPLEX' : 'GRAPHQL_PARSE_FAILED',
        http: badRequest,
      },
    })
  }
}

/** The limits that depend on the document alone. */
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

/** What was found of an operation before it runs. */
export interface OperationCheck {
  /** Why it must not run; empty if it may. */
  readonly errors: readonly GraphQLError[]
  /** In units. 0 if a variable is wrong, so that the executor will refuse it. */
  readonly cost: number
}

/** Checks depth and cost of one operation. The cost counts the page sizes in the variables. */
export function checkOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  sizes: Services['sizes'],
): OperationCheck {
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
 * Returns what it costs at most to parse and validate a text of so many characters. That grows with its square, up to
 * the 0.1 s of the worst document of 2000 tokens. 0 for a short one.
 */
function costOfParsing(characters: number): number {
  if (characters <= SHORT_TEXT) return 0
  return Math.min(maxCost, Math.round(characters ** 2 / 320))
}

/** Milliseconds that are less than a turn is worth. */
const SHORT_MS = 1
const UNITS_A_MS = 500

/** Returns what work of so many milliseconds of this process costs; 0 for a short one. */
function costOfTime(ms: number): number {
  return ms < SHORT_MS ? 0 : Math.min(maxCost, Math.round(ms * UNITS_A_MS))
}

function tooComplex(what: string, count: number, limit: number): GraphQLError {
  return new ClientError(
    `Expected at most ${limit} ${what}, got ${count}: ask for less, or in several requests`,
    { extensions: { code: 'QUERY_TOO_COMPLEX' } },
  )
}

function eventsNeeded(): Fault {
  return new Fault(
    'NOT_ACCEPTABLE',
    'Expected the header Accept: text/event-stream for a subscription; got none that can be answered',
  )
}
