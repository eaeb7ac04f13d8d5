import type { GraphQLSchema } from 'graphql'
import { createYoga, type GraphQLParams, type YogaServerInstance } from 'graphql-yoga'
import type { Role } from '../graphql/role.ts'
import { useDocuments } from './documents.ts'
import { useExecution } from './execution.ts'
import { useLiveExecution } from './live-events.ts'
import type { LiveExecution } from './live-execution.ts'
import type { ReadState } from './reused-answers.ts'
import type { Tell } from './told-error.ts'

/** What the log says of a request, filled in as it becomes known. */
export interface Seen {
  operation?: string
}

/** What the server knows of an operation before it is parsed. */
export interface OperationContext extends Record<string, unknown> {
  role: Role
  seen?: Seen
}

/** `fetch` answers an HTTP request, `getEnveloped` gives the steps of one operation. */
export type Endpoint = Pick<
  YogaServerInstance<OperationContext, object>,
  'fetch' | 'getEnveloped' | 'dispose'
>

/**
 * GraphQL itself: parsing, limits, execution, the result in the form that the client accepts, with
 * every error told by `tell`. HTTP and WebSocket share it.
 */
export function createEndpoint<Context extends object>(options: {
  schema: GraphQLSchema
  contextOf: (request: { role: Role }) => Context
  execution: LiveExecution
  tell: Tell
  /** Without it no answer is given twice. */
  readState?: ReadState | undefined
}): Endpoint {
  return createYoga<OperationContext, Context>({
    schema: options.schema,
    context: ({ role }) => options.contextOf({ role }),
    plugins: [
      useDocuments(options.schema),
      useExecution(options.schema, options.readState),
      useLiveExecution(options.execution, options.tell),
      { onParams: noteOperation },
    ],
    maskedErrors: { maskError: options.tell },
    parserAndValidationCache: false, // useDocuments
    maxRequestBodySize: false, // readBody, which costs a request 0.15 ms less
    cors: false, // createOriginGuard
    graphiql: false, // servePage
    landingPage: false,
    multipart: false,
    logging: false, // tell logs
  })
}

function noteOperation({ params, context }: { params: GraphQLParams; context: OperationContext }) {
  if (context.seen !== undefined && typeof params.operationName === 'string') {
    context.seen.operation = params.operationName.slice(0, 100)
  }
}
