import type { IncomingMessage } from 'node:http'
import type { ExecutionArgs, GraphQLSchema } from 'graphql'
import { CloseCode, makeServer, type OperationResult, type Server } from 'graphql-ws'
import type { WebSocket } from 'ws'
import { Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'
import type { Logger } from '../log.ts'
import type { RoleOf } from './access.ts'
import type { Endpoint } from './endpoint.ts'
import { formatted, type Tell } from './told-error.ts'

/** What a connection is, next to the protocol's own state. */
export interface Connection extends Record<PropertyKey, unknown> {
  readonly socket: WebSocket
  readonly request: IncomingMessage
  /** The caller's address, for the log. */
  readonly client: string
  /** Set once the client has said who it is. */
  role?: Role
}

/**
 * The graphql-transport-ws protocol on top of the endpoint. The token comes in the connection's
 * parameters, as `authorization`, or in the header of the upgrade; a connection that may not read
 * is closed with 4403. An operation that cannot be parsed, validated or afforded gets an `error`
 * message of its own; graphql-ws by itself would close the socket with everything on it.
 */
export function createProtocol(options: {
  schema: GraphQLSchema
  endpoint: Endpoint
  roleOf: RoleOf
  tell: Tell
  log: Logger
}): Server<Connection> {
  const { schema, endpoint, roleOf, tell, log } = options
  const { execute, subscribe } = endpoint.getEnveloped({})

  const told =
    (run: (args: ExecutionArgs) => OperationResult) =>
    async (args: ExecutionArgs): Promise<Awaited<OperationResult>> => {
      try {
        return await run(args)
      } catch (error) {
        return { errors: [tell(error)] }
      }
    }

  return makeServer<Record<string, unknown>, Connection>({
    execute: told(execute),
    subscribe: told(subscribe),

    onConnect({ connectionParams, extra }) {
      try {
        extra.role = roleOf(
          authorizationIn(connectionParams) ?? extra.request.headers.authorization,
        )
        return true
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        // A reason may have 123 bytes; these messages are ASCII.
        extra.socket.close(CloseCode.Forbidden, `${error.code}: ${error.message}`.slice(0, 123))
        return false
      }
    },

    async onSubscribe({ extra: { role, client } }, _id, params) {
      if (role === undefined) throw new Error('An operation came before its connection had a role')
      try {
        const { operationName, variables } = params
        log.debug({ client, operation: operationName }, 'websocket operation')
        const operation = endpoint.getEnveloped({ role, params })
        const document = operation.parse(params.query)
        const errors = operation.validate(schema, document)
        if (errors.length > 0) return errors
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
