import { type ExecutionArgs, type GraphQLSchema, getOperationAST } from 'graphql'
import { CloseCode, makeServer, type OperationResult, type Server } from 'graphql-ws'
import type { Config } from '../config.ts'
import { Fault } from '../fault.ts'
import type { Logger } from '../log.ts'
import type { RoleOf } from './access.ts'
import type { Endpoint } from './endpoint.ts'
import type { LiveOperation } from './group-key.ts'
import type { LiveExecution } from './live-execution.ts'
import { LiveStream } from './live-stream.ts'
import { SubscriptionSender } from './subscription-sender.ts'
import { formatted, type Tell } from './told-error.ts'
import {
  beginAfterHandling,
  type ConnectionContext,
  type WebSocketConnection,
} from './websocket-connection.ts'

/**
 * The graphql-transport-ws protocol on top of the endpoint. The token comes in the connection's
 * parameters, as `authorization`, or in the header of the upgrade; a connection that may not read
 * is closed with 4403. An operation that cannot be parsed, validated or afforded gets an `error`
 * message of its own; graphql-ws by itself would close the socket with everything on it.
 */
export function createProtocol(options: {
  schema: GraphQLSchema
  endpoint: Endpoint
  execution: LiveExecution
  roleOf: RoleOf
  tell: Tell
  log: Logger
  limits: Config['limits']
}): Server<WebSocketConnection> {
  const { schema, endpoint, execution, roleOf, tell, log, limits } = options
  const enveloped = endpoint.getEnveloped({})

  async function deliver(context: ConnectionContext, id: string, operation: LiveOperation) {
    const connection = context.extra
    if (connection.subscriptions >= limits.subscriptionsPerConnection) {
      throw new Fault(
        'TOO_MANY_SUBSCRIPTIONS',
        `Expected at most ${limits.subscriptionsPerConnection} subscriptions on one connection: complete some, open another connection, or set MAX_SUBSCRIPTIONS_PER_CONNECTION`,
      )
    }
    connection.subscriptions++
    const begun = await execution(operation)
    if (begun instanceof LiveStream) return new SubscriptionSender(begun, { context, id, tell })
    connection.subscriptions--
    return begun
  }

  return makeServer<Record<string, unknown>, WebSocketConnection>({
    connectionInitWaitTimeout: limits.connectionInit,

    async execute(args: ExecutionArgs): Promise<Awaited<OperationResult>> {
      try {
        return await enveloped.execute(args)
      } catch (error) {
        return { errors: [tell(error)] }
      }
    },

    subscribe({ rootValue }) {
      if (rootValue instanceof SubscriptionSender) {
        beginAfterHandling(rootValue)
        return rootValue
      }
      throw new Error('A subscription came without its delivery')
    },

    onConnect({ connectionParams, extra }) {
      try {
        extra.role = roleOf(authorizationIn(connectionParams) ?? extra.authorization)
        return true
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        // A reason may have 123 bytes; these messages are ASCII.
        extra.close(CloseCode.Forbidden, `${error.code}: ${error.message}`.slice(0, 123))
        return false
      }
    },

    async onSubscribe(context, id, params) {
      const { role, client } = context.extra
      if (role === undefined) throw new Error('An operation came before its connection had a role')
      try {
        const { operationName, variables } = params
        log.debug({ client, operation: operationName }, 'websocket operation')
        const operation = endpoint.getEnveloped({ role, params })
        const document = operation.parse(params.query)
        const errors = operation.validate(schema, document)
        if (errors.length > 0) return errors
        if (getOperationAST(document, operationName)?.operation === 'subscription') {
          const begun = await deliver(context, id, { role, document, operationName, variables })
          // graphql-ws hands what is here to `subscribe`, or lets go of it where the client left meanwhile.
          if (begun instanceof SubscriptionSender)
            return { schema, document, rootValue: begun, operationName }
          return begun
        }
        const contextValue = await operation.contextFactory()
        return { schema, document, contextValue, operationName, variableValues: variables }
      } catch (error) {
        return [tell(error)]
      }
    },

    onNext(_context, _id, _params, _args, { errors, data, extensions }) {
      if (errors === undefined) return
      return {
        errors: errors.map(formatted),
        ...(data === undefined ? {} : { data }),
        ...(extensions === undefined ? {} : { extensions }),
      }
    },
    onError: (_context, _id, _params, errors) => errors.map(formatted),
  })
}

function authorizationIn(params: Readonly<Record<string, unknown>> | undefined) {
  const value = params?.authorization ?? params?.Authorization
  return value === undefined || value === null ? undefined : String(value)
}
