import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type VariableValues,
} from 'graphql'
import { argumentValues, textCost } from './field-cost.ts'

/** A field of introspection: its resolvers make lists anew each time. */
const FIELD = 3

/** A field that fails. */
const FAILURE = 25

/**
 * Returns what a selection on `__schema` or `__type` costs, by what graphql's own resolvers return for this schema: each
 * field of each type, and the letters of descriptions. Selections that are repeated on the same thing are counted from
 * the first time. Stops after `atMost` fields: then it costs at least as much.
 */
export function introspectionCost(
  { selectionSet }: FieldNode,
  {
    schema,
    type,
    source,
    fragments,
    variableValues,
    atMost,
  }: {
    schema: GraphQLSchema
    /** `__Schema` or `__Type`. */
    type: GraphQLObjectType
    /** What the field returns. */
    source: unknown
    fragments: ReadonlyMap<string, FragmentDefinitionNode>
    variableValues: VariableValues
    atMost: number
  },
): number {
  const known = new Map<SelectionSetNode, Map<unknown, number>>()
  const knownArguments = new Map<FieldNode, ReturnType<typeof argumentValues>>()
  let looked = 0

  const ofSelection = (
    selected: SelectionSetNode | undefined,
    type: GraphQLObjectType,
    source: unknown,
  ): number => {
    if (selected === undefined) return 0
    const costs = known.getOrInsertComputed(selected, () => new Map())
    const before = costs.get(source)
    if (before !== undefined) return before
    let cost = 0
    for (const selection of selected.selections) {
      if (looked > atMost) return looked
      if (selection.kind === Kind.FIELD) cost += ofField(selection, type, source)
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        cost += ofSelection(selection.selectionSet, type, source)
      } else {
        cost += ofSelection(fragments.get(selection.name.value)?.selectionSet, type, source)
      }
    }
    costs.set(source, cost)
    return cost
  }

  const ofField = (node: FieldNode, type: GraphQLObjectType, source: unknown): number => {
    looked += 1
    let cost = FIELD + textCost(node.alias?.value)
    const field = type.getFields()[node.name.value]
    if (field?.resolve === undefined) return cost // __typename
    const args = knownArguments.getOrInsertComputed(node, () =>
      argumentValues(field, node, variableValues),
    )
    if (args === undefined) return cost + FAILURE
    const answer: unknown = Reflect.apply(field.resolve, undefined, [source, args, {}, { schema }])
    const below = getNamedType(field.type)
    for (const value of Array.isArray(answer) ? answer : [answer]) {
      if (typeof value === 'string') cost += textCost(value)
      else if (value != null && isObjectType(below)) {
        cost += ofSelection(node.selectionSet, below, value)
      }
    }
    return cost
  }

  return ofSelection(selectionSet, type, source)
}
