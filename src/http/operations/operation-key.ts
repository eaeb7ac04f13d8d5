import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { Role } from '../../graphql/role.ts'

/** An operation that was parsed and found valid. */
export interface ValidOperation {
  readonly role: Role
  readonly document: DocumentNode
  readonly operationName: string | null | undefined
  /** As they came, not coerced yet. */
  readonly variables: Readonly<Record<string, unknown>> | null | undefined
}

/**
 * Returns the same key for operations that have the same result, of the same data or the same event: those whose
 * document, operation name, role and variables are the same. Delivery arguments do not count. Variables that differ
 * before they are coerced make another key, so that no operation is given a result if an error is due.
 */
export function createOperationKey(schema: GraphQLSchema): (operation: ValidOperation) => string {
  const known = new WeakMap<OperationDefinitionNode, readonly string[]>()

  return ({ role, document, operationName, variables }) => {
    const operation = getOperationAST(document, operationName)
    const names = operation
      ? known.getOrInsertComputed(operation, () => resultVariables(schema, document, operation))
      : []
    return canonicalJson([
      role,
      operationName ?? null,
      givenVariables(names, variables),
      textOf(document),
    ])
  }
}

/**
 * Returns those of the variables that are given, by name. A variable that is left out is not null: its default counts.
 */
export function givenVariables(
  names: readonly string[],
  variables: ValidOperation['variables'],
): Record<string, unknown> {
  const given = names.filter((name) => variables && Object.hasOwn(variables, name))
  return Object.fromEntries(given.map((name) => [name, variables?.[name]]))
}

/** Returns the text that a document was parsed from. */
export function textOf(document: DocumentNode): string {
  return document.loc?.source.body ?? print(document)
}

/**
 * Returns the variables on which the result of an event may depend: all of the operation's, but for those that are used
 * for nothing but the delivery arguments of its root field. The schema marks these by `extensions: { delivery: true }`:
 * they say which events a subscriber is given and when, and the field's `resolve` does not read them.
 */
function resultVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): string[] {
  const used = new Set<string>()
  const typeInfo = new TypeInfo(schema)
  const visitor = visitWithTypeInfo(typeInfo, {
    VariableDefinition: () => false,
    Variable({ name }) {
      const atRoot = typeInfo.getParentType() === schema.getSubscriptionType()
      const isDelivery = atRoot && typeInfo.getArgument()?.extensions.delivery === true
      if (!isDelivery) used.add(name.value)
    },
  })
  visit(document, visitor)
  const { variableDefinitions = [] } = operation
  return variableDefinitions.map(({ variable }) => variable.name.value).filter((n) => used.has(n))
}

/** A value to be written, or text that is written as it is. */
type Part = { readonly value: unknown } | { readonly text: string }

/**
 * Returns a text that is the same for equal values and for no others, whatever the order of an object's keys. Unlike
 * JSON it distinguishes all that a parsed JSON text may hold: `1e999`, which is Infinity, from null, and -0 from 0.
 * Nesting costs no stack.
 */
export function canonicalJson(root: unknown): string {
  let written = ''
  const parts: Part[] = [{ value: root }]
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if ('text' in part) {
      written += part.text
      continue
    }
    const { value } = part
    if (Array.isArray(value)) {
      written += '['
      parts.push({ text: ']' })
      for (const item of value.toReversed()) parts.push({ text: ',' }, { value: item })
    } else if (typeof value === 'object' && value !== null) {
      written += '{'
      parts.push({ text: '}' })
      const entries = Object.entries(value).sort(([one], [other]) => (one > other ? -1 : 1))
      for (const [key, item] of entries) {
        parts.push({ text: ',' }, { value: item }, { text: `${JSON.stringify(key)}:` })
      }
    } else {
      written += writeScalar(value)
    }
  }
  return written
}

function writeScalar(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return Object.is(value, -0) ? '-0' : String(value)
}
