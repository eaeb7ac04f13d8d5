import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  print,
} from 'graphql'
import type { Role } from '../../graphql/role.ts'
import { canonicalJson } from '../canonical-json.ts'
import { answerVariables } from '../pacing.ts'

/** An operation that was parsed and found valid. */
export interface ValidOperation {
  readonly role: Role
  readonly document: DocumentNode
  readonly operationName: string | null | undefined
  /** As they came, not coerced yet. */
  readonly variables: Readonly<Record<string, unknown>> | null | undefined
}

/**
 * Tells which operations get the same answer to the same event: those whose document, operation, role and variables
 * are the same, pacing aside. Variables that differ before they are coerced make another key, so that none is given
 * an answer where an error is due.
 */
export function createGroupKey(schema: GraphQLSchema): (operation: ValidOperation) => string {
  const known = new WeakMap<OperationDefinitionNode, readonly string[]>()

  return ({ role, document, operationName, variables }) => {
    const operation = getOperationAST(document, operationName)
    const names = operation
      ? known.getOrInsertComputed(operation, () => answerVariables(schema, document, operation))
      : []
    return canonicalJson([
      role,
      operationName ?? null,
      givenVariables(names, variables),
      textOf(document),
    ])
  }
}

/** Of these variables those that are given, by name: one that is not is not the same as null, for its default counts. */
export function givenVariables(
  names: readonly string[],
  variables: ValidOperation['variables'],
): Record<string, unknown> {
  const given = names.filter((name) => variables && Object.hasOwn(variables, name))
  return Object.fromEntries(given.map((name) => [name, variables?.[name]]))
}

/** The text that a document was parsed from. */
export function textOf(document: DocumentNode): string {
  return document.loc?.source.body ?? print(document)
}
