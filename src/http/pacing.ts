import {
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/**
 * The variables on which what an event becomes may depend: all of the operation's, without those that are used for
 * nothing but the pacing of its root field. Arguments are marked so in the schema, by `extensions: { pacing: true }`:
 * they say which events a subscriber is given and when, and the field's `resolve` does not read them.
 */
export function answerVariables(
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
      const paces = atRoot && typeInfo.getArgument()?.extensions.pacing === true
      if (!paces) used.add(name.value)
    },
  })
  visit(document, visitor)
  const { variableDefinitions = [] } = operation
  return variableDefinitions.map(({ variable }) => variable.name.value).filter((n) => used.has(n))
}
