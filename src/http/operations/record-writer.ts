import {
  type FieldNode,
  GraphQLFloat,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { KnownJson } from '../../known-json.ts'

/** A value of which the executor knows no more than its JSON. */
export class WrittenJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** For whoever writes it with others. */
  toJSON(): unknown {
    return JSON.parse(this.text)
  }
}

/** Thrown if a value cannot be written, such as null where none may be: then the executor says what is wrong. */
export class Unwritable extends Error {}

/**
 * Returns whether a type is a record, as it says by `extensions: { record: true }`: its fields are values that are
 * there at once, so that nothing is waited for.
 */
export function isRecord(type: unknown): type is GraphQLObjectType {
  return isObjectType(type) && type.extensions.record === true
}

type Write = (value: unknown) => string

/** Where a record is written. The schema is the one in which it is an object. */
type Place = Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'variableValues'> & {
  readonly info: GraphQLResolveInfo
}

/**
 * Returns a function that writes values of a type, of records or lists of them, with the fields that are selected: what
 * the executor and JSON.stringify would make of them, in a third of the time. It throws `Unwritable` if it meets an
 * error, a promise, or null where the type has none.
 */
export function createRecordWriter(
  type: GraphQLOutputType,
  info: GraphQLResolveInfo,
  nodes: readonly FieldNode[] = info.fieldNodes,
): Write {
  const { schema, fragments, variableValues } = info
  return writerOf(type, nodes, { schema, fragments, variableValues, info })
}

function writerOf(type: GraphQLOutputType, nodes: readonly FieldNode[], place: Place): Write {
  if (isNonNullType(type)) {
    const write = nullableWriterOf(type.ofType, nodes, place)
    return (value) => {
      if (value == null) throw new Unwritable()
      return write(value)
    }
  }
  const write = nullableWriterOf(type, nodes, place)
  return (value) => (value == null ? 'null' : write(value))
}

/** Returns a function that is never given null. */
function nullableWriterOf(
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  place: Place,
): Write {
  if (isListType(type)) {
    const write = writerOf(type.ofType, nodes, place)
    return (value) => {
      if (!Array.isArray(value)) throw new Unwritable()
      let text = '['
      for (let index = 0; index < value.length; index++) {
        text += index === 0 ? write(value[index]) : `,${write(value[index])}`
      }
      return `${text}]`
    }
  }
  if (type === GraphQLFloat) {
    return (value) => (Number.isFinite(value) ? `${value}` : writeLeaf(type.serialize(value)))
  }
  if (isLeafType(type)) return (value) => writeLeaf(type.serialize(value))
  if (isRecord(type)) return recordWriterOf(type, nodes, place)
  throw new Unwritable()
}

function writeLeaf(value: unknown): string {
  if (value == null || value instanceof Promise) throw new Unwritable()
  return JSON.stringify(value)
}

function recordWriterOf(type: GraphQLObjectType, nodes: readonly FieldNode[], place: Place): Write {
  const definitions = type.getFields()
  const fields = [...selectedFields(type, nodes, place)].map(([key, fieldNodes], index) => {
    const name = fieldNodes[0]?.name.value ?? ''
    const start = `${index === 0 ? '' : ','}${JSON.stringify(key)}:`
    if (name === '__typename') {
      return { start, jsonOf: undefined, resolve: () => type.name, write: writeLeaf }
    }
    const definition = definitions[name]
    if (definition === undefined || definition.args.length > 0) throw new Unwritable()
    const resolve =
      definition.resolve ?? ((source: Record<string, unknown>): unknown => source[name])
    const { json } = definition.extensions
    const jsonOf = json instanceof KnownJson ? json.json : undefined
    return { start, jsonOf, resolve, write: writerOf(definition.type, fieldNodes, place) }
  })
  const { info } = place
  return (record) => {
    let text = '{'
    for (const { start, jsonOf, resolve, write } of fields) {
      text += start + (jsonOf?.(record) ?? write(resolve(record, {}, undefined, info)))
    }
    return `${text}}`
  }
}

/** The fields that are selected of a record, by response key, in their order (GraphQL specification, CollectFields). */
function selectedFields(
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
  { schema, fragments, variableValues }: Place,
): Map<string, FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const seen = new Set<string>()
  const isSelected = (node: SelectionNode) =>
    getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.if !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.if !== false
  const applies = (condition: string | undefined) => {
    if (condition === undefined || condition === type.name) return true
    const other = schema.getType(condition)
    return isAbstractType(other) && schema.isSubType(other, type)
  }
  const collect = (selectionSet: SelectionSetNode | undefined) => {
    for (const node of selectionSet?.selections ?? []) {
      if (!isSelected(node)) continue
      if (node.kind === Kind.FIELD) {
        fields.getOrInsertComputed(node.alias?.value ?? node.name.value, () => []).push(node)
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        if (applies(node.typeCondition?.name.value)) collect(node.selectionSet)
      } else if (!seen.has(node.name.value)) {
        seen.add(node.name.value)
        const fragment = fragments[node.name.value]
        if (fragment !== undefined && applies(fragment.typeCondition.name.value)) {
          collect(fragment.selectionSet)
        }
      }
    }
  }
  for (const { selectionSet } of nodes) collect(selectionSet)
  return fields
}
