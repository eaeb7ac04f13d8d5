import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getVariableValues,
  type InlineFragmentNode,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  TypeInfo,
  type VariableValues,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { Services } from '../../graphql/context.ts'
import { argumentValues, FIELD, rawLength, textCost } from './field-cost.ts'

/** How much there is of what has no pages. Complexities know nothing else beside the arguments. */
type Sizes = Services['sizes']

/** Until somebody has counted. */
export const usualSizes: Sizes = { plants: 20 }

/** What an operation makes the server do. */
export interface OperationCost {
  /**
   * In units. One is the CPU of one resolved field, about 2 µs of this process; or 15 µs of PostgreSQL, which has many
   * processes, while everybody waits for this one.
   */
  cost: number
  /** Nested fields; those of introspection do not count. */
  depth: number
}

/** The length of a list, if nothing says how long it is. */
const USUAL_LENGTH = 10

/** An item of a list that says how long it may be, such as a reading: to coerce, check and store it. */
const ITEM = 6

/** A field of introspection: its resolvers make lists anew each time. */
const INTROSPECTION_FIELD = 3

/** A field that fails. */
const FAILURE = 25

interface Fragment {
  readonly typeCondition?: InlineFragmentNode['typeCondition']
  readonly selectionSet: SelectionSetNode
}

/**
 * Adds up the complexities of the fields that an operation may resolve. The `extensions.complexity` of a field is a
 * number, or `{ field, multiplier }` if what is selected below is resolved `multiplier` times, or a function of the
 * arguments and the sizes that returns one of these. Returns undefined if a variable is wrong, so that nothing will
 * run.
 */
export function operationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  {
    variables,
    sizes,
    atMost,
  }: {
    variables: Readonly<Record<string, unknown>>
    sizes: Sizes
    /** Introspection that costs more is not counted to its end. */
    atMost: number
  },
): OperationCost | undefined {
  const root = schema.getRootType(operation.operation)
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables)
  if (root == null || coerced.variableValues === undefined) return undefined
  const { variableValues } = coerced
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue
    fragments.set(definition.name.value, definition)
  }
  const introspected = { schema, fragments, variableValues, atMost }
  /** A fragment may be spread a thousand times. */
  const known = new Map<SelectionSetNode, OperationCost>()

  /** Of an interface the fragments on all of its types count, though an object is only of one. */
  const ofFragment = (fragment: Fragment, type: GraphQLCompositeType): OperationCost => {
    const condition = schema.getType(fragment.typeCondition?.name.value ?? type.name)
    const isNarrower =
      isObjectType(condition) || (!isObjectType(type) && isCompositeType(condition))
    return ofSelection(fragment.selectionSet, isNarrower ? condition : type)
  }
  const ofSelection = (
    selectionSet: SelectionSetNode,
    type: GraphQLCompositeType,
  ): OperationCost => {
    const before = known.get(selectionSet)
    if (before !== undefined) return before
    const sum = { cost: 0, depth: 0 }
    for (const selection of selectionSet.selections) {
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
      if (fragment === undefined) continue
      const { cost, depth } =
        fragment.kind === Kind.FIELD ? ofField(fragment, type) : ofFragment(fragment, type)
      sum.cost += cost
      sum.depth = Math.max(sum.depth, depth)
    }
    known.set(selectionSet, sum)
    return sum
  }
  const ofField = (node: FieldNode, type: GraphQLCompositeType): OperationCost => {
    const definition = schema.getField(type, node.name.value)
    const own = textCost(node.alias?.value)
    const below = definition === undefined ? undefined : getNamedType(definition.type)
    if (definition === undefined || !isCompositeType(below) || node.selectionSet === undefined) {
      const { field } = complexityOf(definition, node, variableValues, sizes)
      return { cost: own + field + itemsOf(definition, node, variables), depth: 1 }
    }
    if (isObjectType(below) && below.name.startsWith('__')) {
      const name = argumentValues(definition, node, variableValues)?.name
      const source = typeof name === 'string' ? schema.getType(name) : schema
      if (source === undefined) return { cost: own + FIELD, depth: 1 } // There is no such type.
      const cost = introspectionCost(node, { ...introspected, type: below, source })
      return { cost: own + FIELD + cost, depth: 1 }
    }
    const { field, multiplier } = complexityOf(definition, node, variableValues, sizes)
    const { cost, depth } = ofSelection(node.selectionSet, below)
    const items = itemsOf(definition, node, variables)
    return { cost: own + field + items + multiplier * cost, depth: depth + 1 }
  }

  return ofSelection(operation.selectionSet, root)
}

/**
 * Returns what a selection on `__schema` or `__type` costs, by what graphql's own resolvers return for this schema:
 * each field of each type, and the letters of descriptions. Selections that are repeated on the same thing are computed
 * once. Stops after `atMost` fields: then it costs at least as much.
 */
function introspectionCost(
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
    let cost = INTROSPECTION_FIELD + textCost(node.alias?.value)
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

interface Complexity {
  field: number
  multiplier: number
}

function complexityOf(
  definition: GraphQLField<unknown, unknown> | undefined,
  node: FieldNode,
  variableValues: VariableValues,
  sizes: Sizes,
): Complexity {
  const isList = definition !== undefined && isListType(getNullableType(definition.type))
  const usual = { field: FIELD, multiplier: isList ? USUAL_LENGTH : 1 }
  const declared: unknown = definition?.extensions.complexity
  if (definition === undefined || typeof declared !== 'function') return numbersOf(declared, usual)
  const args = argumentValues(definition, node, variableValues)
  if (args === undefined) return usual
  return numbersOf(declared(args, { sizes }, definition), usual)
}

function numbersOf(declared: unknown, usual: Complexity): Complexity {
  if (typeof declared === 'number') return { ...usual, field: declared }
  if (typeof declared !== 'object' || declared === null) return usual
  const { field, multiplier } = { ...usual, ...declared }
  return { field, multiplier: Math.max(0, multiplier) }
}

/** What the items cost of the arguments that say how long they may be. */
function itemsOf(
  definition: GraphQLField<unknown, unknown> | undefined,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  let items = 0
  for (const { name, value } of node.arguments ?? []) {
    const argument = definition?.args.find((candidate) => candidate.name === name.value)
    if (typeof argument?.extensions.longest === 'number') items += rawLength(value, variables)
  }
  return items * ITEM
}

/**
 * Returns the operation with only those of its variables on which its cost depends: those in arguments of fields whose
 * complexity is a function, and of introspection. To coerce the others, such as a batch of readings, would take longer
 * than everything else that is checked.
 */
export function withCostVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationDefinitionNode {
  const names = new Set<string>()
  const typeInfo = new TypeInfo(schema)
  const visitor = visitWithTypeInfo(typeInfo, {
    Variable(node) {
      const field = typeInfo.getFieldDef()
      const introspects = [field?.name, typeInfo.getParentType()?.name].some((name) =>
        name?.startsWith('__'),
      )
      if (introspects || typeof field?.extensions.complexity === 'function') {
        names.add(node.name.value)
      }
    },
  })
  visit(document, visitor)
  const { variableDefinitions = [] } = operation
  return {
    ...operation,
    variableDefinitions: variableDefinitions.filter(({ variable }) =>
      names.has(variable.name.value),
    ),
  }
}
