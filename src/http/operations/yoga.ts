import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql'
import { createYoga, type GraphQLParams, type Plugin, type YogaServerInstance } from 'graphql-yoga'
import { Fault } from '../../fault.ts'
import type { Tracer } from '../../tracing/tracer.ts'
import { errorWithStatus, formatError, type MaskError } from '../errors.ts'
import type { BegunSubscription, ContextOf, OperationContext } from './operation-context.ts'
import type { QueryLimits } from './query-limits.ts'
import { createRecordExecution } from './record-execution.ts'
import { type RunOperation, runAsItIs } from './run-operation.ts'
import {
  type SharedSubscriptions,
  type SubscriptionOperation,
  SubscriptionStream,
} from './shared-subscriptions.ts'
import { describeOperation } from './traced-operation.ts'

/** `fetch` responds to an HTTP request, `getEnveloped` gives the steps of one operation. */
export type GraphqlYoga = Pick<
  YogaServerInstance<OperationContext, object>,
  'fetch' | 'fetchAPI' | 'getEnveloped' | 'dispose'
>

/**
 * GraphQL itself, for HTTP and WebSocket. What happens to an operation, in this order:
 * 1. it is parsed, validated and held to the limits (query-limits.ts);
 * 2. a query or a mutation is executed when its turn comes (admission.ts); a subscription joins those that are alike
 *    (shared-subscriptions.ts);
 * 3. its errors are masked.
 *
 * `fetch` takes its parameters as they were read, and writes its result in the form that the client accepts.
 */
export function createGraphqlYoga<Context extends object>(options: {
  schema: GraphQLSchema
  queryLimits: QueryLimits
  contextOf: ContextOf<Context>
  subscriptions: SharedSubscriptions
  maskError: MaskError
  /** Without it operations are run as they are. */
  runOperation?: RunOperation | undefined
  /** Whether a query that failed so is executed once more, with a context whose data may not be old. */
  mayRepeat?: ((error: unknown) => boolean) | undefined
  tracer?: Tracer | undefined
}): GraphqlYoga {
  return createYoga<OperationContext, Context>({
    schema: options.schema,
    context: ({ role }) => options.contextOf({ role, mayBeOld: true }),
    plugins: [
      { onRequestParse: useParsed },
      options.queryLimits.plugin,
      ...(options.tracer === undefined ? [] : [useOperationSpan()]),
      useExecution(options),
      useSharedSubscriptions(options.subscriptions, options.maskError),
    ],
    maskedErrors: {
      maskError: (error) => (isMutationByGet(error) ? mutationByGet() : options.maskError(error)),
    },
    parserAndValidationCache: false, // createQueryLimits
    maxRequestBodySize: false, // createBodyReader, which costs a request 0.15 ms less
    cors: false, // createOriginGuard
    graphiql: false, // createGraphiQL
    landingPage: false,
    multipart: false,
    logging: false, // maskError logs
  })
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

/** Tells the span of an operation what operation it is. */
function useOperationSpan(): Plugin<OperationContext> {
  return {
    onParse:
      ({ context: { span, params } }) =>
      ({ result }) => {
        if (span === undefined || result === null || result instanceof Error) return
        const operation = getOperationAST(result, params?.operationName)
        if (operation) describeOperation(span, operation.operation, operation.name?.value)
      },
  }
}

/**
 * Executes queries and mutations when their turn comes.
 *
 * Mutations are executed by graphql's own executor. Yoga's copies every input value before it coerces it, which is a
 * fifth of what a batch of readings costs this process. For queries and subscriptions Yoga's is the faster of the two.
 */
function useExecution<Context extends object>({
  schema,
  contextOf,
  runOperation = runAsItIs,
  mayRepeat = () => false,
}: {
  schema: GraphQLSchema
  contextOf: ContextOf<Context>
  runOperation?: RunOperation | undefined
  mayRepeat?: ((error: unknown) => boolean) | undefined
}): Plugin<OperationContext> {
  let executeQuery: ReturnType<typeof createRecordExecution> | undefined
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const operation = getOperationAST(args.document, args.operationName)
      const { role, client, admit, cost = 0 } = args.contextValue
      const writes = operation?.operation === 'mutation'
      executeQuery ??= createRecordExecution(schema, executeFn)
      const executeBy =
        operation?.operation === 'query' ? executeQuery : writes ? execute : executeFn
      setExecuteFn(async (given: ExecutionArgs) => {
        await admit?.(cost)
        return await runOperation({ client, writes }, async () => {
          const result: ExecutionResult = await executeBy(given)
          const isOver = writes || !result.errors?.some((error) => mayRepeat(error.originalError))
          if (isOver) return result
          const context = contextOf({ role, mayBeOld: false })
          return await executeBy({ ...given, contextValue: { ...args.contextValue, ...context } })
        })
      })
    },
  }
}

/** Lets subscriptions over server-sent events share the executions of those over WebSocket. */
function useSharedSubscriptions(
  subscriptions: SharedSubscriptions,
  maskError: MaskError,
): Plugin<OperationContext> {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args) => {
        const { contextValue, document, operationName, variableValues: variables } = args
        const { role, client, onSubscribe } = contextValue
        args.variableValues = undefined // Yoga keeps the arguments for as long as it streams.
        const results = new EventStreamResults(
          { subscriptions, maskError },
          { role, client, document, operationName, variables },
        )
        onSubscribe?.(results)
        return results
      })
    },
  }
}

/** A result that knows how to write itself, which Yoga sends as it is. */
interface WrittenResult {
  stringify(): string
}

const over = { value: undefined, done: true } as const

/**
 * The results of one subscription. It begins when the first is asked for: Yoga drops the iterator if it has no form to
 * send it in, and lets go of it only if it has begun. It is no generator, because a generator cannot be returned while
 * it waits for an event.
 *
 * It is `NEW` until then, `OPEN` while its stream is, and `CLOSED` when the stream has ended or either side has ended
 * it.
 */
class EventStreamResults
  implements AsyncIterableIterator<WrittenResult, undefined>, BegunSubscription
{
  readonly #subscriptions: SharedSubscriptions
  readonly #maskError: MaskError
  readonly #begun = Promise.withResolvers<void>()
  #operation: SubscriptionOperation | undefined
  #stream: SubscriptionStream | undefined
  #isNew = true
  #isOpen = true

  constructor(
    { subscriptions, maskError }: { subscriptions: SharedSubscriptions; maskError: MaskError },
    operation: SubscriptionOperation,
  ) {
    this.#subscriptions = subscriptions
    this.#maskError = maskError
    this.#operation = operation
  }

  /** Resolves when it has begun, or cannot. */
  get begun(): Promise<void> {
    return this.#begun.promise
  }

  /** One at a time. */
  async next(): Promise<IteratorResult<WrittenResult, undefined>> {
    try {
      if (this.#isNew) {
        this.#isNew = false
        const errors = await this.#begin()
        if (errors !== undefined) return this.#fail(errors)
      }
      const stream = this.#stream
      if (!this.#isOpen || stream === undefined) return over
      const result = await stream.nextResult()
      return result === undefined ? this.return() : written(result.text)
    } catch (error) {
      return this.#fail([this.#maskError(error)])
    }
  }

  /**
   * Returns the errors if it cannot begin. In a function of its own, because one that waits for an event may keep
   * whatever it has seen, such as the variables.
   */
  async #begin(): Promise<readonly GraphQLError[] | undefined> {
    const operation = this.#operation
    if (operation === undefined) return undefined
    this.#operation = undefined
    const outcome = await this.#subscriptions.begin(operation)
    if (!(outcome instanceof SubscriptionStream)) return outcome
    this.#stream = outcome
    this.#begun.resolve()
    // The client left meanwhile.
    if (!this.#isOpen) outcome.close()
    return undefined
  }

  close(): void {
    this.#isOpen = false
    this.#operation = undefined
    this.#stream?.close()
    this.#begun.resolve()
  }

  async return(): Promise<typeof over> {
    this.close()
    return over
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #fail(errors: readonly GraphQLError[]): Promise<IteratorResult<WrittenResult, undefined>> {
    await this.return()
    return written(JSON.stringify({ errors: errors.map(formatError) }))
  }
}

function written(text: string) {
  return { value: { stringify: () => text }, done: false } as const
}

/** Whether it is Yoga's own refusal, whose code is that of any bad request. */
function isMutationByGet(error: unknown): boolean {
  if (!(error instanceof GraphQLError)) return false
  const { http } = error.extensions
  return typeof http === 'object' && http !== null && 'status' in http && http.status === 405
}

function mutationByGet(): GraphQLError {
  const fault = new Fault('METHOD_NOT_ALLOWED', 'Expected POST for a mutation, got GET')
  return errorWithStatus(fault, { Allow: 'POST' })
}
