import type { ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql'
import {
  CloseCode,
  type Message,
  MessageType,
  parseMessage,
  type SubscribeMessage,
  stringifyMessage,
} from 'graphql-ws'
import type { Config } from '../config.ts'
import { Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'
import type { Logger } from '../log.ts'
import type { OpenSpan, Tracer } from '../tracing/tracer.ts'
import { Answer } from './answer.ts'
import type { RoleOf } from './auth.ts'
import { formatError, type MaskError } from './errors.ts'
import { requireJsonWithin } from './graphql-params.ts'
import { initJsonLimits, jsonLimits, maxIdCharacters } from './limits.ts'
import type { CountedRequest, RequestTally } from './metrics/request-tally.ts'
import type { Admission, Turn } from './operations/admission.ts'
import { createOperationKey } from './operations/operation-key.ts'
import type { CompleteParams } from './operations/persisted-operations.ts'
import { prepareOperation } from './operations/prepared-operation.ts'
import type { QueryLimits } from './operations/query-limits.ts'
import { writeResult } from './operations/record-execution.ts'
import {
  createValidityOf,
  type ReadDataVersion,
  ResponseCache,
} from './operations/response-cache.ts'
import {
  type SharedSubscriptions,
  type SubscriptionOperation,
  SubscriptionStream,
} from './operations/shared-subscriptions.ts'
import { createTraceOperation, describeOutcome } from './operations/traced-operation.ts'
import type { GraphqlYoga } from './operations/yoga.ts'
import { type ByteBudget, bodiesBusy } from './request-body.ts'
import { SubscriptionSender } from './subscription-sender.ts'
import type { OpenOperation, WebSocketConnection } from './websocket-connection.ts'

/**
 * The server's side of graphql-transport-ws, as in PROTOCOL.md of graphql-ws.
 *
 * A connection is
 * - `OPENED` until the client has said who it is. `connection_init` with a token that may read, or with none if reading
 *   needs none, makes it `ACKNOWLEDGED`, and is answered with `connection_ack`. Any other token closes it with 4403, an
 *   operation with 4401, and silence for `CONNECTION_INIT_TIMEOUT` with 4408.
 * - `ACKNOWLEDGED` once it has a role. Another `connection_init` closes it with 4429.
 * - `CLOSED` as soon as either side closes it. Its operations are over, and what it still sends is ignored.
 *
 * A `ping` is answered with a `pong` of the same payload while it is open. Anything that is no message of a client
 * closes it with 4400, and a fault of ours with 4500.
 *
 * An operation has an id of the client's choice, which is taken until the operation is over. A `subscribe` with an id
 * that is taken closes the connection with 4409. An operation is
 * - `BEGINNING` from `subscribe` on, while it is parsed and checked, and then executed or, if it is a subscription,
 *   given its source. If it cannot be parsed, validated, afforded or begun it is answered with `error`, and is over:
 *   the socket and its other operations stay. The result of a query or a mutation is sent as `next`, then `complete`,
 *   and it is over.
 * - `RUNNING` if it is a subscription: each event is sent as `next`. When its source ends, the error that it ended with
 *   is sent as `next`, if there is one, then `complete`, and it is over.
 *
 * Either is also over by the client's `complete`, and by the end of the connection. Then nothing more is sent of it,
 * and its source is let go of, even if that is found only later.
 */
export interface GraphqlTransportWs {
  /** To be called for a new connection: `OPENED`. */
  opened(connection: WebSocketConnection): void
  /** To be called for each message. Never throws. */
  receive(connection: WebSocketConnection, text: string): void
  /** To be called when the connection is gone: `CLOSED`. */
  closed(connection: WebSocketConnection): void
}

/** Of answers to queries, which most clients send over HTTP. */
const MAX_MIB = 8

/** How a beginning ended: with a source of events, with a result as JSON, or with the errors why there is neither. */
type Outcome = SubscriptionStream | Result | readonly GraphQLError[]

interface Result {
  readonly result: string
  /** `OK`, or the code of its first error. */
  readonly code: string
}

/** What the metrics need of a beginning. */
interface Seen {
  operation: CountedRequest['operation']
  /** Whether its answer was made for another one. */
  isReused: boolean
}

/** Speaks the protocol on connections whose sub-protocol it is. */
export function createGraphqlTransportWs(options: {
  schema: GraphQLSchema
  yoga: GraphqlYoga
  queryLimits: QueryLimits
  completeParams: CompleteParams
  /** Without it no response is used twice. */
  readDataVersion: ReadDataVersion | undefined
  admission: Admission
  bodies: ByteBudget
  subscriptions: SharedSubscriptions
  roleOf: RoleOf
  tally: RequestTally
  tracer?: Tracer | undefined
  maskError: MaskError
  log: Logger
  limits: Pick<Config['limits'], 'connectionInit' | 'subscriptionsPerConnection'>
}): GraphqlTransportWs {
  const {
    schema,
    yoga,
    queryLimits,
    completeParams,
    admission,
    bodies,
    subscriptions,
    roleOf,
    tally,
    maskError,
    log,
    limits,
  } = options
  const keyOf = createOperationKey(schema)
  const responses = new ResponseCache<Answer>(options.readDataVersion, MAX_MIB)
  const validityOf = createValidityOf(schema)
  const traceOperation = createTraceOperation(options.tracer)

  async function handle(connection: WebSocketConnection, text: string): Promise<void> {
    if (!connection.isOpen) return
    const message = parse(text, connection.role)
    if (message instanceof Fault)
      return close(connection, CloseCode.BadRequest, closeReason(message))
    switch (message?.type) {
      case MessageType.ConnectionInit: {
        if (connection.role !== undefined) {
          const reason = 'Too many initialisation requests'
          return close(connection, CloseCode.TooManyInitialisationRequests, reason)
        }
        try {
          const token = authorizationIn(message.payload)
          if (token !== undefined && connection.tokenRefusal) throw connection.tokenRefusal
          connection.acknowledge(roleOf(token ?? connection.authorization))
        } catch (error) {
          if (!(error instanceof Fault)) throw error
          return close(connection, CloseCode.Forbidden, closeReason(error))
        }
        return connection.send(stringifyMessage({ type: MessageType.ConnectionAck }))
      }

      case MessageType.Ping: {
        const { payload } = message
        const pong = { type: MessageType.Pong, ...(payload ? { payload } : {}) } as const
        return connection.send(stringifyMessage(pong))
      }

      case MessageType.Pong:
        return

      case MessageType.Subscribe: {
        const { role } = connection
        if (role === undefined) return close(connection, CloseCode.Unauthorized, 'Unauthorized')
        if (message.id.length > maxIdCharacters) {
          const reason = `Expected an id of at most ${maxIdCharacters} characters, got ${message.id.length}`
          return close(connection, CloseCode.BadRequest, reason)
        }
        if (connection.operations.has(message.id)) {
          const reason = 'A subscriber with this id already exists'
          return close(connection, CloseCode.SubscriberAlreadyExists, reason)
        }
        return await runInPlace(connection, role, message, text.length)
      }

      case MessageType.Complete: {
        const operation = connection.operations.get(message.id)
        connection.operations.delete(message.id)
        return operation?.close()
      }

      // No message at all, or one that only a server sends.
      default:
        return close(connection, CloseCode.BadRequest, 'Invalid message received')
    }
  }

  /** Runs an operation when few others of the connection are beginning; nothing more is read while it waits for that. */
  async function runInPlace(
    connection: WebSocketConnection,
    role: Role,
    message: SubscribeMessage,
    length: number,
  ): Promise<void> {
    const { operations, places } = connection
    const beginning: OpenOperation = { close: () => {} }
    operations.set(message.id, beginning)
    const place = places.take()
    if (place !== undefined) {
      connection.readInTurn()
      await place
    }
    try {
      const isOver = operations.get(message.id) !== beginning
      if (!isOver) await run(connection, role, message, { beginning, length })
    } finally {
      const wasFull = places.isFull
      places.give()
      if (wasFull && !places.isFull) connection.readInTurn()
    }
  }

  async function run(
    connection: WebSocketConnection,
    role: Role,
    { id, payload }: SubscribeMessage,
    { beginning, length }: { beginning: OpenOperation; length: number },
  ): Promise<void> {
    const { operations } = connection
    const client = `${role} ${connection.client}`
    // Held until the result is written, which may be long.
    using turn = admission.openTurn(client, () => !connection.isOpen)
    const start = performance.now()
    const seen: Seen = {
      operation: payload.operationName ?? undefined,
      isReused: false,
    }
    // Its trace is its own: the headers are those of the connection, which outlasts many traces.
    const outcome = await traceOperation({}, async (span) => {
      const asked = { role, client, params: payload, length, turn, seen, span }
      const begun = await begin(connection, asked)
      if (span)
        describeOutcome(span, {
          code: codeOf(begun),
          reusedFor: seen.isReused ? { name: seen.operation } : undefined,
        })
      return begun
    })
    const seconds = (performance.now() - start) / 1000
    tally.count({ operation: seen.operation, code: codeOf(outcome), seconds })
    if (seen.isReused) {
      tally.reused++
      admission.noteLight()
    }
    // It may be over by now, and another may have its id.
    const isOver = operations.get(id) !== beginning
    if (outcome instanceof SubscriptionStream) {
      const sender = new SubscriptionSender(outcome, { connection, id, maskError, tally })
      if (isOver) return sender.close()
      operations.set(id, sender)
      turn[Symbol.dispose]()
      return sender.ready()
    }
    if (isOver) return
    operations.delete(id)
    if ('result' in outcome) {
      const { result } = outcome
      connection.send(`{"id":${JSON.stringify(id)},"type":"next","payload":${result}}`)
      connection.send(stringifyMessage({ id, type: MessageType.Complete }))
    } else {
      const errors = outcome.map((error) => formatError(maskError(error)))
      connection.send(stringifyMessage({ id, type: MessageType.Error, payload: errors }))
    }
  }

  async function begin(
    connection: WebSocketConnection,
    {
      role,
      client,
      params,
      length,
      turn,
      seen,
      span,
    }: {
      role: Role
      client: string
      params: SubscribeMessage['payload']
      length: number
      turn: Turn
      /** Filled in with what becomes known, for the metrics. */
      seen: Seen
      span: OpenSpan | undefined
    },
  ): Promise<Outcome> {
    try {
      const { operationName, variables } = params
      const { query = '' } = completeParams(
        {
          query: params.query,
          ...(params.extensions ? { extensions: params.extensions } : {}),
          ...('documentId' in params ? { documentId: params.documentId } : {}),
        },
        role,
      )
      const requestLog = { client: connection.client, operation: operationName?.slice(0, 100) }
      log.debug(requestLog, 'websocket operation')
      using body = bodies.open(client)
      if (!body.add(length)) throw bodiesBusy()
      await turn.take(queryLimits.parsingCost(query))
      const context = { role, client, admit: turn.take, span }
      const operation = prepareOperation(
        { yoga, schema },
        { query, operationName, variables },
        context,
      )
      const { document, kind } = operation
      seen.operation ??= operation.name
      const errors = operation.validate()
      if (errors.length > 0) return errors
      if (kind === undefined) {
        // As over HTTP.
        throw new Fault('BAD_USER_INPUT', 'Could not determine what operation to execute.')
      }
      if (kind === 'subscription') {
        const subscription = { role, client, document, operationName, variables }
        return await subscribe(connection, subscription)
      }
      const validity = kind === 'query' ? validityOf(document) : 'NEVER'
      const run = async () => {
        const result = await operation.execute()
        if (result.errors === undefined) return new Answer(writeResult(result), { validity })
        const code = codeIn(result.errors)
        return new Answer(JSON.stringify(formatResult(result)), { code })
      }
      if (validity === 'NEVER') return outcomeOf(await run())
      // Nobody may hold a turn while waiting for the response to another.
      await turn.take(0)
      const key = keyOf({ role, document, operationName, variables })
      let isRun = false
      const answer = await responses.respond(key, () => {
        isRun = true
        return run()
      })
      seen.isReused = !isRun
      return outcomeOf(answer)
    } catch (error) {
      return [maskError(error)]
    }
  }

  async function subscribe(connection: WebSocketConnection, operation: SubscriptionOperation) {
    if (connection.subscriptions >= limits.subscriptionsPerConnection) {
      throw new Fault(
        'TOO_MANY_SUBSCRIPTIONS',
        `Expected at most ${limits.subscriptionsPerConnection} subscriptions on one connection: complete some, open another connection, or set MAX_SUBSCRIPTIONS_PER_CONNECTION`,
      )
    }
    connection.subscriptions++
    const begun = await subscriptions.begin(operation)
    if (!(begun instanceof SubscriptionStream)) connection.subscriptions--
    return begun
  }

  function closed(connection: WebSocketConnection): void {
    clearTimeout(connection.initTimeout)
    const operations = [...connection.operations.values()]
    connection.operations.clear()
    for (const operation of operations) operation.close()
  }

  /** Without waiting for the client to agree. */
  function close(connection: WebSocketConnection, code: number, reason: string): void {
    closed(connection)
    connection.close(code, reason)
  }

  return {
    opened: (connection) => {
      connection.initTimeout = setTimeout(() => {
        const reason = 'Connection initialisation timeout'
        close(connection, CloseCode.ConnectionInitialisationTimeout, reason)
      }, limits.connectionInit)
    },
    receive: (connection, text) => {
      handle(connection, text).catch((error: unknown) => {
        const { client } = connection
        log.error({ err: error, client }, 'a websocket message failed unexpectedly')
        close(connection, CloseCode.InternalServerError, 'Unexpected error')
      })
    },
    closed,
  }
}

function outcomeOf({ text, code }: Answer): Result {
  return { result: text, code }
}

function codeOf(outcome: Outcome): string {
  if (outcome instanceof SubscriptionStream) return 'OK'
  return 'code' in outcome ? outcome.code : codeIn(outcome)
}

function codeIn([first]: readonly GraphQLError[]): string {
  return first === undefined ? 'OK' : String(first.extensions.code)
}

/** Returns undefined if it is no message, and a `Fault` if it is too large to be read. */
function parse(text: string, role: Role | undefined): Message | Fault | undefined {
  try {
    requireJsonWithin(text, role === undefined ? initJsonLimits : jsonLimits[role])
    return parseMessage(text)
  } catch (error) {
    return error instanceof Fault ? error : undefined
  }
}

/** Clients put it beside other parameters, or under `headers`, as they do over HTTP. */
function authorizationIn(params: Readonly<Record<string, unknown>> | undefined) {
  const headers = params?.headers
  const value =
    authorizationOf(params) ??
    (typeof headers === 'object' && headers !== null ? authorizationOf(headers) : undefined)
  if (value === undefined || typeof value === 'string') return value
  throw new Fault(
    'UNAUTHENTICATED',
    `Expected authorization to be text, such as "Bearer <token>", got ${Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`}`,
  )
}

function authorizationOf(params: object | undefined): unknown {
  for (const [name, value] of Object.entries(params ?? {})) {
    if (name.toLowerCase() === 'authorization' && value !== null) return value
  }
  return undefined
}

function closeReason({ code, message }: Fault): string {
  return `${code}: ${message}`
}

/** JSON leaves out what is undefined. */
function formatResult({ errors, data, extensions }: ExecutionResult) {
  return { errors: errors?.map(formatError), data, extensions }
}
