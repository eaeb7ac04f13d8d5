import {
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/**
 * The operation with only those of its variables on which its cost depends: the ones in arguments of fields whose
 * complexity is a function, and of introspection. To coerce the others, such as a batch of readings, would take longer than all else
 * that is judged.
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
