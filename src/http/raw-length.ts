import { Kind, type ValueNode } from 'graphql'

/**
 * How many items are given for an argument that takes a list, before any of them is looked at: in a variable as it came,
 * or in the text. One that is no list counts as GraphQL takes it: as a list of one.
 */
export function rawLength(value: ValueNode, variables: Readonly<Record<string, unknown>>): number {
  if (value.kind === Kind.LIST) return value.values.length
  if (value.kind !== Kind.VARIABLE) return 1
  const given = variables[value.name.value]
  return Array.isArray(given) ? given.length : 1
}
