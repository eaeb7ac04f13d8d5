import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql'
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
import type { RoleOf } from './auth.ts'
import type { ByteBudget } from './byte-budget.ts'
import { formatted, type Tell } from './errors.ts'
import { requireModestJson } from './json-limits.ts'
import { initJsonLimits, jsonLimits, maxIdCharacters } from './limits.ts'
import { LiveStream } from './live-stream.ts'
import type { Admission, Turn } from './operations/admission.ts'
import type { Documents } from './operations/query-limits.ts'
import type { LiveExecution, LiveOperation } from './operations/shared-subscriptions.ts'
import type { Endpoint } from './operations/yoga.ts'
import { bodiesBusy } from './request-body.ts'
import { SubscriptionSender } from './subscription-sender.ts'
import type { Operation, WebSocketConnection } from './websocket-connection.ts'

/**
 * The server's side of graphql-transport-ws, as in PROTOCOL.md of graphql-ws.
 *
 * A connection is
 * - `OPENED` while nobody has said who is there. `connection_init` with a token that may read, or none where reading
 *   needs none, makes it `ACKNOWLEDGED`, and is answered with `connection_ack`. Any other token closes it with 4403, an
 *   operation with 4401, and `CONNECTION_INIT_TIMEOUT` without a word with 4408.
 * - `ACKNOWLEDGED` once it has a role. Another `connection_init` closes it with 4429.
 * - `CLOSED` as soon as either side says so. Its operations are over, and what it still sends is not looked at.
 *
 * A `ping` is answered with a `pong` of the same payload while it is open. What is no message of a client closes it
 * with 4400, and a fault of ours with 4500.
 *
 * An operation has an id of the client's choice, which is taken until the operation is over; `subscribe` with an id
 * that is taken closes the connection with 4409. It is
 * - `BEGINNING` from `subscribe` on, while it is parsed and judged, and then executed or, a subscription, given its
 *   source. One that cannot be parsed, validated, afforded or begun is answered with `error`, and is over: the socket
 *   and what else runs on it stay. The result of a query or a mutation is sent as `next`, then `complete`, and it is over.
 * - `RUNNING`, a subscription only: each event is sent as `next`. It is over when its source is, which `complete`
 *   tells, after a `next` with the error that it ended with, if any.
 *
 * Either is over too by the client's `complete`, and by the end of the connection: nothing more is sent of it, its
 * source is let go of, and what comes of a beginning later is let go of at once.
 */
export interface GraphqlTransportWs {
  /** A connection came: `OPENED`. */
  opened(connection: WebSocketConnection): void
  /** A message came. Never throws. */
  receive(connection: WebSocketConnection, text: string): void
  /** The connection is gone: `CLOSED`. */
  closed(connection: WebSocketConnection): void
}

/** What came of a beginning: a source of events, a result, or why there is neither. */
type Outcome = LiveStream | { readonly result: ExecutionResult } | readonly GraphQLError[]

/** Speaks the protocol on connections whose sub-protocol it is. */
export function createGraphqlTransportWs(options: {
  schema: GraphQLSchema
  endpoint: Endpoint
  documents: Documents
  admission: Admission
  bodies: ByteBudget
  execution: LiveExecution
  roleOf: RoleOf
  tell: Tell
  log: Logger
  limits: Pick<Config['limits'], 'connectionInit' | 'subscriptionsPerConnection'>
}): GraphqlTransportWs {
  const { schema, endpoint, documents, admission, bodies, execution, roleOf, tell, log, limits } =
    options

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
          connection.acknowledge(
            roleOf(authorizationIn(message.payload) ?? connection.authorization),
          )
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
        return await run(connection, role, message, text.length)
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

  async function run(
    connection: WebSocketConnection,
    role: Role,
    { id, payload }: SubscribeMessage,
    length: number,
  ): Promise<void> {
    const { operations } = connection
    const beginning: Operation = { close: () => {} }
    operations.set(id, beginning)
    const client = `${role} ${connection.client}`
    // Until the answer is written, which may be long.
    using turn = admission.openTurn(client, () => !connection.isOpen)
    const outcome = await begin(connection, { role, client, params: payload, length, turn })
    // Over meanwhile, though another may have the id by now.
    const isOver = operations.get(id) !== beginning
    if (outcome instanceof LiveStream) {
      const sender = new SubscriptionSender(outcome, { connection, id, tell })
      if (isOver) return sender.close()
      operations.set(id, sender)
      turn[Symbol.dispose]()
      return sender.ready()
    }
    if (isOver) return
    operations.delete(id)
    if ('result' in outcome) {
      const next = { id, type: MessageType.Next, payload: formattedResult(outcome.result) } as const
      connection.send(stringifyMessage(next))
      connection.send(stringifyMessage({ id, type: MessageType.Complete }))
    } else {
      const errors = outcome.map((error) => formatted(tell(error)))
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
    }: {
      role: Role
      client: string
      params: SubscribeMessage['payload']
      length: number
      turn: Turn
    },
  ): Promise<Outcome> {
    try {
      const { query, operationName, variables } = params
      const seen = { client: connection.client, operation: operationName?.slice(0, 100) }
      log.debug(seen, 'websocket operation')
      using body = bodies.open(client)
      if (!body.add(length)) throw bodiesBusy()
      await turn.take(documents.readingCost(query))
      const operation = endpoint.getEnveloped({ role, client, params, admit: turn.take })
      const document: DocumentNode = operation.parse(query)
      const errors: readonly GraphQLError[] = operation.validate(schema, document)
      if (errors.length > 0) return errors
      const kind = getOperationAST(document, operationName)?.operation
      if (kind === undefined) {
        // As over HTTP.
        throw new Fault('BAD_USER_INPUT', 'Could not determine what operation to execute.')
      }
      if (kind === 'subscription') {
        const live = { role, client, document, operationName, variables }
        return await subscribe(connection, live)
      }
      const contextValue = await operation.contextFactory()
      const args = { schema, document, contextValue, operationName, variableValues: variables }
      const result: ExecutionResult = await operation.execute(args)
      return { result }
    } catch (error) {
      return [tell(error)]
    }
  }

  async function subscribe(connection: WebSocketConnection, operation: LiveOperation) {
    if (connection.subscriptions >= limits.subscriptionsPerConnection) {
      throw new Fault(
        'TOO_MANY_SUBSCRIPTIONS',
        `Expected at most ${limits.subscriptionsPerConnection} subscriptions on one connection: complete some, open another connection, or set MAX_SUBSCRIPTIONS_PER_CONNECTION`,
      )
    }
    connection.subscriptions++
    const begun = await execution.begin(operation)
    if (!(begun instanceof LiveStream)) connection.subscriptions--
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

/** undefined: it is no message. A `Fault`: it is too much of one to be read. */
function parse(text: string, role: Role | undefined): Message | Fault | undefined {
  try {
    requireModestJson(text, role === undefined ? initJsonLimits : jsonLimits[role])
    return parseMessage(text)
  } catch (error) {
    return error instanceof Fault ? error : undefined
  }
}

function authorizationIn(params: Readonly<Record<string, unknown>> | undefined) {
  const value = params?.authorization ?? params?.Authorization ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw new Fault(
    'UNAUTHENTICATED',
    `Expected authorization to be text, such as "Bearer <token>", got ${Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`}`,
  )
}

function closeReason({ code, message }: Fault): string {
  return `${code}: ${message}`
}

/** JSON leaves out what is undefined. */
function formattedResult({ errors, data, extensions }: ExecutionResult) {
  return { errors: errors?.map(formatted), data, extensions }
}
