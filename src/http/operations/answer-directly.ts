import type { ExecutionResult, GraphQLSchema } from 'graphql'
import { type GraphQLParams, processRegularResult } from 'graphql-yoga'
import type { JsonType } from '../accept.ts'
import { Answer } from '../answer.ts'
import type { MaskError } from '../errors.ts'
import { operationNameIn } from '../graphql-params.ts'
import { answerFrom } from './answer-by-yoga.ts'
import type { OperationContext } from './operation-context.ts'
import { prepareOperation } from './prepared-operation.ts'
import { writeResult } from './record-execution.ts'
import { createValidityOf } from './response-cache.ts'
import type { GraphqlYoga } from './yoga.ts'

/** The parameters of one operation, of the right types. */
interface OperationParams extends GraphQLParams {
  query: string
  operationName?: string
  variables?: Record<string, unknown>
}

/**
 * Executes a query or a mutation whose result is one JSON, and makes no `Request`, `Headers`, `Response` or stream for
 * it. Returns undefined if Yoga has to respond, because the request is of another form or has to be refused. It passes
 * the same plugins as by Yoga, and the answers are the same bytes (test/http/both-ways.test.ts).
 */
export function createAnswerDirectly(
  yoga: GraphqlYoga,
  { schema, maskError }: { schema: GraphQLSchema; maskError: MaskError },
) {
  const validityOf = createValidityOf(schema)

  return async (
    params: GraphQLParams,
    {
      method,
      type,
      context,
    }: { method: string; type: JsonType | undefined; context: OperationContext },
  ): Promise<Answer | undefined> => {
    if (type === undefined || !isOneOperation(params)) return undefined
    let operationName = operationNameIn(params)
    const answerTo = async (result: ExecutionResult): Promise<Answer> =>
      answerFrom(await processRegularResult(result, yoga.fetchAPI, type), operationName)
    try {
      const operation = prepareOperation({ yoga, schema }, params, context)
      const { kind, document } = operation
      operationName ??= operation.name
      if (kind !== 'query' && !(kind === 'mutation' && method === 'POST')) return undefined
      const errors = operation.validate()
      if (errors.length > 0) return await answerTo({ errors })
      const result = await operation.execute()
      if (result.errors !== undefined) return await answerTo(result)
      return new Answer(writeResult(result), {
        headers: { 'Content-Type': `${type}; charset=utf-8` },
        validity: kind === 'query' ? validityOf(document) : 'NEVER',
        operationName,
      })
    } catch (error) {
      return await answerTo({ errors: [maskError(error)] })
    }
  }
}

/** Returns whether the parameters are those of one operation, so that Yoga has nothing to refuse in them. */
function isOneOperation(params: GraphQLParams): params is OperationParams {
  if (Array.isArray(params)) return false
  const { query, operationName, variables, extensions } = params
  return (
    typeof query === 'string' &&
    (operationName == null || typeof operationName === 'string') &&
    isObjectOrNothing(variables) &&
    isObjectOrNothing(extensions)
  )
}

function isObjectOrNothing(value: unknown): boolean {
  return value == null || (typeof value === 'object' && !Array.isArray(value))
}
