import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
} from 'graphql'
import type { OperationContext } from './operation-context.ts'
import type { GraphqlYoga } from './yoga.ts'

/** An operation on its way through Yoga's plugins, without a `Request` and a `Response` of its own. */
export interface PreparedOperation {
  readonly document: DocumentNode
  /** undefined if the document has no operation of that name, or several and no name is given. */
  readonly kind: OperationTypeNode | undefined
  /** The name of that operation, if it has one. */
  readonly name: string | undefined
  /** Returns why it must not be executed; empty if it may. */
  validate(): readonly GraphQLError[]
  /** Executes a query or a mutation that is valid, when its turn comes. */
  execute(): Promise<ExecutionResult>
}

/** Parses an operation. Throws if its text cannot be parsed. */
export function prepareOperation(
  { yoga, schema }: { yoga: GraphqlYoga; schema: GraphQLSchema },
  params: {
    query: string
    operationName?: string | null | undefined
    variables?: Record<string, unknown> | null | undefined
  },
  context: OperationContext,
): PreparedOperation {
  const { query, operationName, variables } = params
  const steps = yoga.getEnveloped({ ...context, params })
  const document: DocumentNode = steps.parse(query)
  const operation = getOperationAST(document, operationName)
  return {
    document,
    kind: operation?.operation,
    name: operation?.name?.value.slice(0, 100),
    validate: () => steps.validate(schema, document),
    execute: async () =>
      steps.execute({
        schema,
        document,
        contextValue: await steps.contextFactory(),
        operationName,
        variableValues: variables,
      }),
  }
}
