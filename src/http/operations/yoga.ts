import { GraphQLError, type GraphQLSchema } from 'graphql'
import { createYoga, type GraphQLParams, type YogaServerInstance } from 'graphql-yoga'
import { Fault } from '../../fault.ts'
import type { Role } from '../../graphql/role.ts'
import type { AnswerForms } from '../answer-forms.ts'
import type { Tell } from '../errors.ts'
import { type ExecutionOptions, useExecution } from '../execution.ts'
import { useLiveExecution } from '../live-events.ts'
import { refusal } from '../reply.ts'
import type { Documents } from './query-limits.ts'
import type { LiveExecution } from './shared-subscriptions.ts'

/** What the log says of a request, filled in as it becomes known. */
export interface Seen {
  operation?: string
}

/** What the server knows of an operation before it is parsed. */
export interface OperationContext extends Record<string, unknown> {
  role: Role
  /** Who asks, for a fair share: role and address. */
  client: string
  seen?: Seen
  /** The forms of an answer that the client accepts; over WebSocket there is one. */
  forms?: AnswerForms
  /** The parameters, where they were read from the request already. */
  parsed?: GraphQLParams
  params?: GraphQLParams
  /** Waits until an operation of this cost may begin. */
  admit?: (cost: number) => Promise<void>
  /** Of the operation, once it has been judged. */
  cost?: number
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
export function createEndpoint<Context extends object>(
  options: {
    schema: GraphQLSchema
    documents: Documents
    contextOf: (request: { role: Role }) => Context
    execution: LiveExecution
    tell: Tell
  } & ExecutionOptions,
): Endpoint {
  return createYoga<OperationContext, Context>({
    schema: options.schema,
    context: ({ role }) => options.contextOf({ role }),
    plugins: [
      { onRequestParse: useParsed },
      options.documents.plugin,
      useExecution(options.schema, options),
      useLiveExecution(options.execution, options.tell),
      { onParams: noteOperation },
    ],
    maskedErrors: {
      maskError: (error) => (isMutationByGet(error) ? mutationByGet() : options.tell(error)),
    },
    parserAndValidationCache: false, // useDocuments
    maxRequestBodySize: false, // createBodyReader, which costs a request 0.15 ms less
    cors: false, // createOriginGuard
    graphiql: false, // servePage
    landingPage: false,
    multipart: false,
    logging: false, // tell logs
  })
}

/** Yoga's own refusal, whose code is that of any bad request. */
function isMutationByGet(error: unknown): boolean {
  if (!(error instanceof GraphQLError)) return false
  const { http } = error.extensions
  return typeof http === 'object' && http !== null && 'status' in http && http.status === 405
}

function mutationByGet(): GraphQLError {
  const fault = new Fault('METHOD_NOT_ALLOWED', 'Expected POST for a mutation, got GET')
  return refusal(fault, { Allow: 'POST' })
}

function useParsed({
  serverContext: { parsed },
  setRequestParser,
}: {
  serverContext: OperationContext
  setRequestParser: (parse: () => GraphQLParams) => void
}) {
  if (parsed !== undefined) setRequestParser(() => parsed)
}

function noteOperation({ params, context }: { params: GraphQLParams; context: OperationContext }) {
  if (context.seen !== undefined && typeof params.operationName === 'string') {
    context.seen.operation = params.operationName.slice(0, 100)
  }
}
