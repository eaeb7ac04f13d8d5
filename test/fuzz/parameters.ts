import type { GraphQLSchema } from 'graphql'
import { hostileDocument } from './hostile-documents.ts'
import { drawOperation, type Operation, type OperationKind } from './operations.ts'
import type { Random } from './random.ts'
import { hostileJson, hostileText } from './values.ts'

/** What a request asks for, whatever carries it; the JSON is text, which may be none. */
export interface Parameters {
  readonly operation: Operation
  readonly document: string
  readonly variables: string | undefined
  readonly operationName: string | undefined
  readonly extensions: string | undefined
}

/** A valid operation, or one with hostile values, or a hostile document. */
export function drawParameters(
  random: Random,
  schema: GraphQLSchema,
  kind?: OperationKind,
): Parameters {
  const way = random.weighted({ valid: 45, values: 22, document: 23, variables: 10 })
  const operation = drawOperation(random, schema, {
    ...(kind === undefined ? {} : { kind }),
    hostility: way === 'values' ? 0.2 : 0,
  })
  return {
    operation,
    document: way === 'document' ? hostileDocument(random, operation.document) : operation.document,
    variables:
      way === 'variables'
        ? random.pick([hostileJson(random), `{"unused":${hostileJson(random)}}`, 'null', '[]'])
        : operation.variables === '{}' && random.chance(0.5)
          ? undefined
          : operation.variables,
    operationName: random.chance(0.03)
      ? random.pick(['Nobody', '', '__proto__', hostileText(random)])
      : operation.operationName,
    extensions: random.chance(0.05) ? hostileJson(random) : undefined,
  }
}

/** As the body of a POST, or the payload of a message: JSON, unless a part of it is none. */
export function jsonOf(parameters: Parameters): string {
  const { document, variables, operationName, extensions } = parameters
  const parts = [
    `"query":${JSON.stringify(document)}`,
    ...(variables === undefined ? [] : [`"variables":${variables}`]),
    ...(operationName === undefined ? [] : [`"operationName":${JSON.stringify(operationName)}`]),
    ...(extensions === undefined ? [] : [`"extensions":${extensions}`]),
  ]
  return `{${parts.join(',')}}`
}

/** As the query of an address, or a form. */
export function searchOf(parameters: Parameters): string {
  const { document, variables, operationName, extensions } = parameters
  const search = new URLSearchParams({ query: document })
  if (variables !== undefined) search.set('variables', variables)
  if (operationName !== undefined) search.set('operationName', operationName)
  if (extensions !== undefined) search.set('extensions', extensions)
  return search.toString()
}

/** What a message must not repeat at length. */
export function textsOf({ document, variables, operationName }: Parameters): string[] {
  return [document, variables ?? '', operationName ?? '']
}
