import {
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  getArgumentValues,
  Kind,
  type ValueNode,
  type VariableValues,
} from 'graphql'

/** What resolving a plain field costs: the unit, about 2 µs of this process. */
export const FIELD = 1

/** So many letters are written as JSON and sent in the time that one field takes. */
const LETTERS = 100

/** What it costs to send a text that a response repeats, such as an alias in each of a thousand rows. */
export function textCost(text: string | undefined): number {
  return text === undefined ? 0 : text.length / LETTERS
}

/**
 * Returns the arguments of a field as its resolver gets them. Returns undefined if one is wrong, such as a variable
 * that is null although null is not allowed: then this field fails by itself, and the others run.
 */
export function argumentValues(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variableValues: VariableValues,
): Readonly<Record<string, unknown>> | undefined {
  try {
    return getArgumentValues(field, node, variableValues)
  } catch (error) {
    if (error instanceof GraphQLError) return undefined
    throw error
  }
}

/**
 * Returns how many items are given for an argument that takes a list, in a variable or in the text, before any of them
 * is coerced. A value that is no list counts as GraphQL takes it: as a list of one.
 */
export function rawLength(value: ValueNode, variables: Readonly<Record<string, unknown>>): number {
  if (value.kind === Kind.LIST) return value.values.length
  if (value.kind !== Kind.VARIABLE) return 1
  const given = variables[value.name.value]
  return Array.isArray(given) ? given.length : 1
}
