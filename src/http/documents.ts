import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { withCostVariables } from './cost-variables.ts'
import { DocumentCache } from './document-cache.ts'
import { documentLimitErrors, operationLimitErrors, parseLimits } from './limits.ts'

interface Operation {
  readonly params?: { operationName?: string | null; variables?: Record<string, unknown> | null }
}

/**
 * Parses and validates a document once, however often it is sent, and holds every operation to the
 * limits. Yoga's own cache is bounded by the number of documents, whatever their size, and cannot
 * tell what depends on variables.
 */
export function useDocuments(schema: GraphQLSchema): Plugin<Operation> {
  const documents = new DocumentCache()
  const verdicts = new WeakMap<DocumentNode, readonly GraphQLError[]>()
  /** Operations as they are judged. */
  const judged = new WeakMap<OperationDefinitionNode, OperationDefinitionNode>()
  /** Of operations that always cost the same, whatever the variables. */
  const costs = new WeakMap<OperationDefinitionNode, readonly GraphQLError[]>()

  function operationErrors(document: DocumentNode, params: Operation['params']) {
    const operation = getOperationAST(document, params?.operationName)
    if (!operation) return [] // The executor says which one is missing.
    const sized = judged.getOrInsertComputed(operation, () =>
      withCostVariables(schema, document, operation),
    )
    const judge = () => operationLimitErrors(schema, document, sized, params?.variables ?? {})
    return sized.variableDefinitions?.length ? judge() : costs.getOrInsertComputed(operation, judge)
  }

  return {
    onParse({ setParseFn }) {
      setParseFn((source) => {
        const text = typeof source === 'string' ? source : source.body
        const known = documents.get(text)
        if (known !== undefined) return known
        const document = parseWithin(text)
        documents.set(text, document)
        return document
      })
    },
    onValidate({ params, context, validateFn, setValidationFn }) {
      setValidationFn((...given: Parameters<typeof validateFn>) => {
        const document = params.documentAST
        const verdict = verdicts.getOrInsertComputed(document, () => {
          const errors = documentLimitErrors(document)
          return errors.length > 0 ? errors : validateFn(...given)
        })
        return verdict.length > 0 ? verdict : operationErrors(document, context.params)
      })
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
