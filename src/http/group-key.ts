import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  print,
} from 'graphql'
import type { Role } from '../graphql/role.ts'
import { answerVariables } from './pacing.ts'

/** A subscription operation that was parsed and found valid. */
export interface LiveOperation {
  readonly role: Role
  readonly document: DocumentNode
  readonly operationName: string | null | undefined
  readonly variables: Readonly<Record<string, unknown>> | null | undefined
}

/**
 * Tells which subscriptions get the same answer to the same event: those whose document, operation, role and
 * variables are the same, pacing aside.
 */
export function createGroupKey(schema: GraphQLSchema): (operation: LiveOperation) => string {
  const known = new WeakMap<OperationDefinitionNode, readonly string[]>()

  return ({ role, document, operationName, variables }) => {
    const operation = getOperationAST(document, operationName)
    const names = operation
      ? known.getOrInsertComputed(operation, () => answerVariables(schema, document, operation))
      : []
    // One that is not given is not the same as null: its default counts.
    const given = names
      .filter((name) => variables && Object.hasOwn(variables, name))
      .map((name) => [name, variables?.[name]])
    return canonicalJson([
      role,
      operationName ?? null,
      given,
      document.loc?.source.body ?? print(document),
    ])
  }
}

/** JSON in which the order of an object's keys makes no difference. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
  })
}
