import {
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  getArgumentValues,
  type VariableValues,
} from 'graphql'

/**
 * The arguments of a field as its resolver gets them; undefined where one is wrong, such as a variable that is null where
 * null is not allowed: then this field fails by itself, and the others run.
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
