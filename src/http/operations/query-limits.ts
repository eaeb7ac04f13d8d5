import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { eventsNeeded } from '../answer-forms.ts'
import { withCostVariables } from '../cost-variables.ts'
import { DocumentCache } from '../document-cache.ts'
import { earlyRefusal } from '../early-refusals.ts'
import { abridged } from '../errors.ts'
import {
  costOfTime,
  documentLimitErrors,
  type Judgement,
  judgeOperation,
  parseLimits,
  readingCost,
  usualSizes,
} from '../limits.ts'
import { refusal } from '../reply.ts'
import type { Sizes } from './operation-cost.ts'
import type { OperationContext } from './yoga.ts'

/** The documents that clients send, each parsed and validated once. */
export interface Documents {
  /**
   * What it costs at most to parse, validate and judge a text, in the unit of limits.ts. Of one that came before only
   * judging is left, where the cost depends on the variables: it counts with what it took last, and 0 up to 1 ms.
   */
  readingCost(text: unknown): number
  /** For Yoga. */
  readonly plugin: Plugin<OperationContext>
}

/**
 * Parses and validates a document once, however often it is sent, and holds every operation to the
 * limits. Yoga's own cache is bounded by the number of documents, whatever their size, and cannot
 * tell what depends on variables.
 */
export function createDocuments(schema: GraphQLSchema, sizes: Sizes = usualSizes): Documents {
  const documents = new DocumentCache()
  const verdicts = new WeakMap<DocumentNode, readonly GraphQLError[]>()
  /** Operations as they are judged. */
  const judged = new WeakMap<OperationDefinitionNode, OperationDefinitionNode>()
  /** Of operations that cost the same whatever the variables, while there are as many plants. */
  const judgements = new WeakMap<OperationDefinitionNode, Judgement & { plants: number }>()
  /** What it took last to judge an operation of the others, which each request is judged for. */
  const judgingCosts = new WeakMap<DocumentNode, number>()

  function read(text: string): DocumentNode {
    const document = parseWithin(text)
    documents.set(text, document)
    return document
  }

  function judge(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): Judgement {
    const weighed = judged.getOrInsertComputed(operation, () =>
      withCostVariables(schema, document, operation),
    )
    const { plants } = sizes
    const known = judgements.get(operation)
    if (known?.plants === plants) return known
    const start = performance.now()
    const judgement = judgeOperation(schema, document, weighed, variables, { plants })
    const isFixed = operation.operation !== 'mutation' && !weighed.variableDefinitions?.length
    if (isFixed) judgements.set(operation, { ...judgement, plants })
    else judgingCosts.set(document, costOfTime(performance.now() - start))
    return judgement
  }

  /** What an operation is refused for before it begins; else its cost is noted in the context. */
  function operationErrors(
    document: DocumentNode,
    context: OperationContext,
  ): readonly GraphQLError[] {
    const { role, params, forms } = context
    const operation = getOperationAST(document, params?.operationName)
    if (!operation) return [] // The executor says which one is missing.
    // Over WebSocket there are no forms.
    if (operation.operation === 'subscription' && forms?.events === false)
      return [refusal(eventsNeeded())]
    const variables = params?.variables ?? {}
    const early = earlyRefusal(schema, document, operation, { role, variables })
    if (early !== undefined) return [refusal(early)]
    const { errors, cost } = judge(document, operation, variables)
    context.cost = cost
    return errors
  }

  const plugin: Plugin<OperationContext> = {
    onParse({ setParseFn }) {
      setParseFn((source) => {
        const text = typeof source === 'string' ? source : source.body
        return documents.get(text) ?? read(text)
      })
    },
    onValidate({ params, context, validateFn, setValidationFn }) {
      setValidationFn((...given: Parameters<typeof validateFn>) => {
        const document = params.documentAST
        const verdict = verdicts.getOrInsertComputed(document, () => {
          const errors = documentLimitErrors(document)
          return errors.length > 0 ? errors : validateFn(...given).map(abridged)
        })
        return verdict.length > 0 ? verdict : operationErrors(document, context)
      })
    },
  }
  return {
    plugin,
    readingCost: (text) => {
      if (typeof text !== 'string') return 0
      const known = documents.peek(text)
      return known === undefined ? readingCost(text.length) : (judgingCosts.get(known) ?? 0)
    },
  }
}

function parseWithin(text: string): DocumentNode {
  try {
    return parse(text, parseLimits)
  } catch (error) {
    if (error instanceof RangeError) {
      const extensions = { code: 'QUERY_TOO_COMPLEX' }
      throw new GraphQLError('The text nests deeper than can be read', { extensions })
    }
    if (!(error instanceof GraphQLError)) throw error
    // The parser names the limit and has no code for it; this is how each such message ends.
    const aborted = error.message.endsWith('Parsing aborted.')
    throw new GraphQLError(error.message, {
      source: error.source,
      positions: error.positions,
      extensions: { code: aborted ? 'QUERY_TOO_COMPLEX' : 'GRAPHQL_PARSE_FAILED' },
    })
  }
}
