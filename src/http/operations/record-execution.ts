import { MapperKind, mapSchema } from '@graphql-tools/utils'
import {
  type DocumentNode,
  defaultFieldResolver,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFieldConfig,
  GraphQLNonNull,
  type GraphQLNullableType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLScalarType,
  type GraphQLSchema,
  getNamedType,
  isNonNullType,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import { createRecordWriter, isRecord, Unwritable, WrittenJson } from './record-writer.ts'

type Execute = (args: ExecutionArgs) => Promise<ExecutionResult> | ExecutionResult

/**
 * Executes queries so that records, such as the points of a chart, are written as JSON at once (record-writer.ts): for
 * the executor they are values of a scalar, and it completes what is above them. A document that selects something else
 * within a record is executed as usual, and so is one again of which a value cannot be written.
 */
export function createRecordExecution(schema: GraphQLSchema, execute: Execute): Execute {
  const writtenSchema = withWrittenRecords(schema)
  const selectsRecords = createSelectsRecords(schema)

  return async (args) => {
    if (!selectsRecords(args.document)) return await execute(args)
    const result = await execute({ ...args, schema: writtenSchema })
    if (result.errors?.some(({ originalError }) => originalError instanceof Unwritable)) {
      return await execute(args)
    }
    return result.errors === undefined ? { ...result, ...written(result) } : result
  }
}

/** Yoga, too, writes a result by its own function. */
function written(result: ExecutionResult): { stringify(): string } {
  return { stringify: () => writeJson({ data: result.data }) }
}

/** Writes a result, whose lists of records are written. */
function writeJson(value: unknown): string {
  if (value instanceof WrittenJson) return value.text
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${writeJson(member)}`).join(',')}}`
}

/** Writes a result as JSON. */
export function writeResult(result: ExecutionResult): string {
  return 'stringify' in result && typeof result.stringify === 'function'
    ? result.stringify()
    : JSON.stringify(result)
}

/** The schema, but that records and lists of them are written. Resolvers are told of the types as they are. */
function withWrittenRecords(schema: GraphQLSchema): GraphQLSchema {
  const Written = new GraphQLScalarType({ name: 'WrittenJson', serialize: (value) => value })

  return mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (config: GraphQLFieldConfig<unknown, unknown>) => {
      const { type, resolve = defaultFieldResolver } = config
      const named = getNamedType(type)
      if (!isObjectType(named)) return config
      const isWritten = isRecord(named)
      return {
        ...config,
        type: isWritten ? withNullability(type, Written) : type,
        resolve: (source, args, context, info) => {
          const asItIs = { ...info, schema, returnType: type }
          const value = resolve(source, args, context, asItIs)
          if (!isWritten) return value
          const write = (records: unknown) =>
            records == null ? records : writtenRecords(records, asItIs)
          return value instanceof Promise ? value.then(write) : write(value)
        },
      }
    },
  })
}

/** Throws `Unwritable` if the executor has to complete them. */
function writtenRecords(records: unknown, info: GraphQLResolveInfo): WrittenJson {
  try {
    return new WrittenJson(createRecordWriter(info.returnType, info)(records))
  } catch (cause) {
    throw new Unwritable('The executor has to say what is wrong', { cause })
  }
}

function withNullability(
  type: GraphQLOutputType,
  named: GraphQLNullableType & GraphQLScalarType,
): GraphQLOutputType {
  return isNonNullType(type) ? new GraphQLNonNull(named) : named
}

/** Returns whether a document selects records, and nothing within them that has to be waited for. */
function createSelectsRecords(schema: GraphQLSchema): (document: DocumentNode) => boolean {
  const known = new WeakMap<DocumentNode, boolean>()
  return (document) =>
    known.getOrInsertComputed(document, () => {
      let some = false
      let all = true
      const typeInfo = new TypeInfo(schema)
      const Field = () => {
        if (!isRecord(typeInfo.getParentType())) return
        some = true
        const named = getNamedType(typeInfo.getType())
        const args = typeInfo.getFieldDef()?.args ?? []
        if (args.length > 0 || (isObjectType(named) && !isRecord(named))) all = false
      }
      visit(document, visitWithTypeInfo(typeInfo, { Field }))
      return some && all
    })
}
