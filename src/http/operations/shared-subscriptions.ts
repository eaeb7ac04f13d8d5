import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionResult,
  executeSubscriptionEvent,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type ValidatedSubscriptionArgs,
  validateSubscriptionArgs,
} from 'graphql'
import type { Config } from '../../config.ts'
import { Fault } from '../../fault.ts'
import { type PullQueue, pullQueueOf } from '../../pull-queue.ts'
import type { OpenSpan, Tracer } from '../../tracing/tracer.ts'
import { formatError, type MaskError } from '../errors.ts'
import { maxRetainedBytes, maxSubscriptionCharacters } from '../limits.ts'
import { Quota } from '../quota.ts'
import { EventTurns, type WaitingEvent } from './event-turns.ts'
import type { ContextOf } from './operation-context.ts'
import {
  canonicalJson,
  createOperationKey,
  givenVariables,
  textOf,
  type ValidOperation,
} from './operation-key.ts'
import { type RunOperation, runAsItIs } from './run-operation.ts'
import { SharedResult } from './shared-result.ts'
import { describeOperation } from './traced-operation.ts'

/** Of a parsed document, as in query-limits.ts. */
const BYTES_A_TOKEN = 400
const BYTES_A_CHARACTER = 2

/**
 * Milliseconds for which the result of an event is used, at least, and at most twice as long. A subscriber that is
 * given the event later, such as the current reading on joining, gets whether its plant is stale, and its name, as of
 * then. It also bounds what is kept: the source may hold an event for ever.
 */
const FRESH_MS = 1000

/** A subscription that was parsed and found valid. */
export interface SubscriptionOperation extends ValidOperation {
  /** Who asks, for a fair share: role and address. */
  readonly client: string
}

export interface SharedSubscriptions {
  /** Begins a subscription. Returns the errors, masked, if it cannot begin. */
  begin(operation: SubscriptionOperation): Promise<SubscriptionStream | readonly GraphQLError[]>
  /** How many there are, those included that begin. */
  readonly count: number
  readonly maxCount: number
  /** Bytes, by estimate, that are kept of their requests. */
  readonly retainedBytes: number
}

/**
 * Executes subscriptions, whatever they are sent over. Each event is executed once for all whose document, variables
 * and role are the same, in turns (event-turns.ts). The root field's `subscribe` runs for each subscriber, so that each is
 * given events at its own pace.
 *
 * Refuses a subscription whose text and variables are too long (`QUERY_TOO_COMPLEX`), and one too many
 * (`TOO_MANY_SUBSCRIPTIONS`):
 * - of a client, which may have half of what the server takes, and at least what one connection may have;
 * - of all clients;
 * - of different ones, which are kept while they last.
 */
export function createSharedSubscriptions<Context extends object>(options: {
  schema: GraphQLSchema
  /** Called once for each group. The context lives as long as the group. */
  contextOf: ContextOf<Context>
  maskError: MaskError
  limits: Pick<Config['limits'], 'subscriptions' | 'subscriptionsPerConnection'>
  /** Runs the fields of each event, for the client that opened the group. Without it they are run as they are. */
  runOperation?: RunOperation | undefined
  tracer?: Tracer | undefined
}): SharedSubscriptions {
  const { schema, contextOf, maskError, limits, runOperation = runAsItIs } = options
  const { subscriptions: most, subscriptionsPerConnection } = limits
  const groups = new Map<string, SubscriptionGroup>()
  const turns = new EventTurns()
  const keyOf = createOperationKey(schema)
  const subscriptions = new Quota({
    most,
    mostOfOne: Math.max(Math.floor(most / 2), subscriptionsPerConnection),
  })
  const retained = new Quota({ most: maxRetainedBytes, mostOfOne: maxRetainedBytes / 2 })

  /** Takes room for one more subscription of a client, and for so many bytes of its request. */
  function takeRoom(client: string, bytes: number): void {
    const reached = subscriptions.take(client)
    if (reached !== undefined) throw tooMany(reached, subscriptions)
    if (bytes === 0 || retained.take(client, bytes) === undefined) return
    subscriptions.give(client)
    throw new Fault(
      'TOO_MANY_SUBSCRIPTIONS',
      'This server keeps as many different subscriptions as it can: subscribe later, to shorter ones, or to what others subscribe to',
    )
  }

  function openGroup(
    key: string,
    args: ValidatedSubscriptionArgs,
    { client, bytes }: { client: string; bytes: number },
  ): SubscriptionGroup {
    const waiting = new Set<WaitingEvent>()
    const onLeave = (group: SubscriptionGroup, leaving: string) => {
      subscriptions.give(leaving)
      if (!group.isEmpty) return
      groups.delete(key)
      turns.drop(client, waiting)
      retained.give(client, bytes)
    }
    const run: RunFields = (execute) => runOperation({ client, writes: false }, execute)
    const inTurn: RunInTurn = (execute) => turns.run(client, waiting, { execute, dropped: NOTHING })
    const group = new SubscriptionGroup(args, {
      maskError,
      run,
      inTurn,
      onLeave,
      tracer: options.tracer,
    })
    groups.set(key, group)
    return group
  }

  async function begin(
    operation: SubscriptionOperation,
  ): Promise<SubscriptionStream | readonly unknown[]> {
    const { client, role, document, operationName } = operation
    const variables = declaredVariables(operation)
    requireShort(document, variables)
    const key = keyOf(operation)
    const existing = groups.get(key)
    const args = validateSubscriptionArgs({
      schema,
      document,
      operationName: operationName ?? null,
      variableValues: variables,
      contextValue: existing?.contextValue ?? contextOf({ role, mayBeOld: false }),
    })
    if (!('schema' in args)) return args

    const bytes = existing === undefined ? retainedBytes(document, key) : 0
    takeRoom(client, bytes)
    const group = existing ?? openGroup(key, args, { client, bytes })
    group.join()
    try {
      // The subscriber's own arguments: those of delivery differ from the group's.
      const source = await createSourceEventStream(args)
      if (Symbol.asyncIterator in source)
        return new SubscriptionStream(pullQueueOf(source), group, client)
      group.leave(client)
      return source.errors ?? []
    } catch (error) {
      group.leave(client)
      throw error
    }
  }

  return {
    get count() {
      return subscriptions.used
    },
    maxCount: most,
    get retainedBytes() {
      return retained.used
    },
    begin: async (operation) => {
      try {
        const begun = await begin(operation)
        return begun instanceof SubscriptionStream ? begun : begun.map(maskError)
      } catch (error) {
        return [maskError(error)]
      }
    },
  }
}

/** One subscriber's own events, and their results, which its group shares. */
export class SubscriptionStream {
  readonly events: PullQueue<NonNullable<unknown>>
  readonly #group: SubscriptionGroup
  readonly #client: string
  #isOpen = true

  /** Of a client that has joined the group. */
  constructor(events: PullQueue<NonNullable<unknown>>, group: SubscriptionGroup, client: string) {
    this.events = events
    this.#group = group
    this.#client = client
  }

  /** Never rejects: the result has the errors. */
  resultOf(event: unknown): SharedResult | Promise<SharedResult> {
    return this.#group.resultOf(event)
  }

  /**
   * The result of the next event, one at a time; undefined after the last. Rejects with the error that the source ended
   * with. The event is executed as soon as it is there, as part of what brought it, unless too many are.
   */
  nextResult(): Promise<SharedResult | undefined> {
    const { events } = this
    return new Promise((resolve, reject) => {
      const ready = (): void => {
        try {
          const event = events.take()
          if (event !== undefined) resolve(this.resultOf(event))
          else if (events.isOpen) events.whenReady({ ready })
          else resolve(undefined)
        } catch (error) {
          reject(error)
        }
      }
      ready()
    })
  }

  /** Lets go of the events. May be called more than once. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#group.leave(this.#client)
    this.events.close()
  }
}

type RunFields = <Result>(execute: () => Result) => Result
type RunInTurn = (
  execute: () => SharedResult | Promise<SharedResult>,
) => SharedResult | Promise<SharedResult>

/** The result of an event that nobody wants any more. */
const NOTHING = new SharedResult('{}')

/**
 * The subscriptions that have the same result of the same event. Each event is executed and written as JSON once,
 * whatever their number, with the arguments of the one that came first.
 */
class SubscriptionGroup {
  readonly #args: ValidatedSubscriptionArgs
  readonly #maskError: MaskError
  readonly #run: RunFields
  readonly #inTurn: RunInTurn
  readonly #tracer: Tracer | undefined
  readonly #onLeave: (group: SubscriptionGroup, client: string) => void
  #members = 0
  #recent = new WeakMap<object, SharedResult | Promise<SharedResult>>()
  #older = this.#recent
  #since = performance.now()

  constructor(
    args: ValidatedSubscriptionArgs,
    options: {
      maskError: MaskError
      /** Runs the fields of one event. */
      run: RunFields
      /** Executes one event when it is the turn of the client that opened the group. */
      inTurn: RunInTurn
      /** Called when one of its members, a subscription of this client, is over. */
      onLeave: (group: SubscriptionGroup, client: string) => void
      tracer: Tracer | undefined
    },
  ) {
    this.#args = args
    this.#maskError = options.maskError
    this.#run = options.run
    this.#inTurn = options.inTurn
    this.#tracer = options.tracer
    this.#onLeave = options.onLeave
  }

  get isEmpty(): boolean {
    return this.#members === 0
  }

  get contextValue(): unknown {
    return this.#args.contextValue
  }

  join(): void {
    this.#members += 1
  }

  /** To be called once for each that joined. */
  leave(client: string): void {
    this.#members -= 1
    this.#onLeave(this, client)
  }

  /** Never rejects: the result has the errors. An event that is no object is executed each time. */
  resultOf(event: unknown): SharedResult | Promise<SharedResult> {
    if (typeof event !== 'object' || event === null) return this.#inTurn(() => this.#execute(event))
    this.#forgetOld()
    const known = this.#recent.get(event) ?? this.#older.get(event)
    if (known !== undefined) return known
    const result = this.#inTurn(() => this.#execute(event))
    const recent = this.#recent
    recent.set(event, result)
    // Later subscribers need not wait for a promise.
    if (result instanceof Promise) void result.then((settled) => recent.set(event, settled))
    return result
  }

  #forgetOld(): void {
    const now = performance.now()
    const age = now - this.#since
    if (age < FRESH_MS) return
    this.#older = age < 2 * FRESH_MS ? this.#recent : new WeakMap()
    this.#recent = new WeakMap()
    this.#since = now
  }

  #execute(event: unknown): SharedResult | Promise<SharedResult> {
    if (this.#tracer === undefined) return this.#runFields(event)
    return this.#tracer.within({ name: 'subscription event' }, (span) => {
      const { operation, name } = this.#args.operation
      if (span !== undefined) describeOperation(span, operation, name?.value)
      return this.#runFields(event, span)
    })
  }

  #runFields(event: unknown, span?: OpenSpan): SharedResult | Promise<SharedResult> {
    try {
      const result = this.#run(() => executeSubscriptionEvent({ ...this.#args, rootValue: event }))
      if (!(result instanceof Promise)) return this.#write(result, span)
      return result
        .then((settled) => this.#write(settled, span))
        .catch((error) => this.#fail(error, span))
    } catch (error) {
      return this.#fail(error, span)
    }
  }

  #write({ errors, data, extensions }: ExecutionResult, span?: OpenSpan): SharedResult {
    const masked = errors?.map(this.#maskError)
    if (masked?.[0] !== undefined) span?.fail(String(masked[0].extensions.code))
    return writeResult({ errors: masked, data, extensions })
  }

  #fail(error: unknown, span?: OpenSpan): SharedResult {
    const masked = this.#maskError(error)
    span?.fail(String(masked.extensions.code))
    return writeResult({ errors: [masked] })
  }
}

/** JSON leaves out what is undefined. */
function writeResult(result: {
  errors?: readonly GraphQLError[] | undefined
  data?: unknown
  extensions?: unknown
}): SharedResult {
  return new SharedResult(JSON.stringify({ ...result, errors: result.errors?.map(formatError) }))
}

/** The variables that the operation declares. Others that came with them are not kept. */
function declaredVariables({ document, operationName, variables }: SubscriptionOperation) {
  const { variableDefinitions = [] } = getOperationAST(document, operationName) ?? {}
  return givenVariables(
    variableDefinitions.map(({ variable }) => variable.name.value),
    variables,
  )
}

function requireShort(document: DocumentNode, variables: object): void {
  const characters = textOf(document).length + canonicalJson(variables).length
  if (characters <= maxSubscriptionCharacters) return
  throw new Fault(
    'QUERY_TOO_COMPLEX',
    `Expected a subscription of at most ${maxSubscriptionCharacters} characters with its variables, which are kept while it lasts; got ${characters}: ask for less`,
  )
}

/** Returns how many bytes a group keeps of the request that opened it. */
function retainedBytes(document: DocumentNode, key: string): number {
  return (document.tokenCount ?? 0) * BYTES_A_TOKEN + key.length * BYTES_A_CHARACTER
}

function tooMany(reached: 'its own' | 'of all', { used, mostOfOne }: Quota): Fault {
  return new Fault(
    'TOO_MANY_SUBSCRIPTIONS',
    reached === 'its own'
      ? `Expected at most ${mostOfOne} subscriptions of one client: complete some, or let the server take more with MAX_SUBSCRIPTIONS`
      : `This server has ${used} subscriptions, which is as many as it takes: subscribe later, or let it take more with MAX_SUBSCRIPTIONS`,
  )
}
