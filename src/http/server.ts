import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { GraphQLSchema } from 'graphql'
import type { Config } from '../config.ts'
import { Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'
import type { Logger } from '../log.ts'
import { createRoleOf } from './auth.ts'
import { createByteBudget } from './byte-budget.ts'
import { createCallerOf } from './caller.ts'
import { createConnectionLimit } from './connection-limit.ts'
import { createTell, type Translate } from './errors.ts'
import type { RunOperation } from './execution.ts'
import { createGraphiQL } from './graphiql.ts'
import { createExchange } from './graphql-http.ts'
import { createGraphqlTransportWs } from './graphql-transport-ws.ts'
import { trackRunning } from './in-flight-requests.ts'
import {
  maxBytesUnderWay,
  maxRetainedBytes,
  maxUnfinishedBytes,
  maxUnsentBytesTogether,
} from './limits.ts'
import { listen } from './listen.ts'
import { createAdmission } from './operations/admission.ts'
import type { Sizes } from './operations/operation-cost.ts'
import { createDocuments } from './operations/query-limits.ts'
import type { ReadState } from './operations/response-cache.ts'
import { createLiveExecution } from './operations/shared-subscriptions.ts'
import { createEndpoint, type Seen } from './operations/yoga.ts'
import { createOriginGuard } from './origin.ts'
import { createProbes, type ProbeOptions } from './probes.ts'
import { expectationFailed, unreadable } from './refused-connections.ts'
import { refuseConnection, replyError } from './reply.ts'
import { createRouter, graphqlPath, pathOf } from './routes.ts'
import { createUnsent } from './unsent-limit.ts'
import { openWebSocketServer } from './websocket-server.ts'

export interface HttpServerOptions<Context extends object> extends ProbeOptions {
  schema: GraphQLSchema
  /**
   * Builds what resolvers get, once an operation, and once for all subscriptions that share their answers. Its own properties are
   * copied, so it must not rely on a prototype. A request without a role never comes this far.
   */
  contextOf: (request: { role: Role }) => Context
  config: Config
  /** `config.tokens.admin`, or the one that was generated. */
  adminToken: string
  log: Logger
  /**
   * Names what is stored; while the name stays the same, answers that are made of that alone are given again. Without it
   * none is.
   */
  readState?: ReadState
  /** Runs each query and mutation; without it they are run as they are. */
  runOperation?: RunOperation
  /** What the cost of an operation depends on; without it the usual. */
  sizes?: Sizes
  /** What the errors of lower layers mean to a client; without it they are masked. */
  translate?: Translate
}

export interface HttpServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string
  readonly port: number
  /** How much of what it has a bounded amount of is in use. */
  usage(): Usage[]
}

export interface Usage {
  readonly name: string
  readonly used: number
  readonly most: number
}

/** Milliseconds that running requests and closing sockets get when the server goes away; then they are told. */
const grace = 500

/**
 * Opens the one server: GraphQL over HTTP, server-sent events and WebSocket, GraphiQL, and what
 * supervisors ask. A port that cannot be had: `PORT_UNAVAILABLE`.
 */
export async function openHttpServer<Context extends object>(
  options: HttpServerOptions<Context>,
): Promise<HttpServer> {
  const { schema, config, log } = options
  const { publicRead, tokens } = config
  const roleOf = createRoleOf({ ...tokens, admin: options.adminToken }, publicRead)
  const callerOf = createCallerOf(config.trustedProxies)
  const tell = createTell(log, options.translate ?? ((error) => error))
  const { contextOf } = options
  const connectionLimit = createConnectionLimit(config.limits)
  const sockets = createConnectionLimit(socketLimits(config))
  const admission = createAdmission()
  const bodies = createByteBudget(maxBytesUnderWay)
  const unsent = createUnsent(maxUnsentBytesTogether, () =>
    log.warn({ bytes: unsent.bytes }, 'a client that does not read its answers is cut off'),
  )
  const documents = createDocuments(schema, options.sizes)
  const execution = createLiveExecution({
    schema,
    contextOf,
    tell,
    limits: config.limits,
  })
  const endpoint = createEndpoint({
    schema,
    documents,
    contextOf,
    execution,
    tell,
    readState: options.readState,
    runOperation: options.runOperation,
  })
  const route = createRouter({
    exchange: createExchange(endpoint, {
      documents,
      roleOf,
      callerOf,
      connectionLimit,
      bodies,
      admission,
      unsent,
      keepAlive: config.keepAlive,
    }),
    graphiql: createGraphiQL({ publicRead }),
    probes: createProbes(options, { roleOf, publicRead }),
  })

  const server = createServer({
    // A client that dawdles over its headers or body is cut off; answers may take any time.
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    connectionsCheckingInterval: 5000,
    requireHostHeader: false, // createOriginGuard
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
  })
  const port = await listen(server, config.host, config.port)
  const guard = createOriginGuard(config, port)
  const webSockets = openWebSocketServer({
    protocol: createGraphqlTransportWs({
      schema,
      endpoint,
      execution,
      documents,
      admission,
      bodies,
      roleOf,
      tell,
      log,
      limits: config.limits,
    }),
    connectionLimit,
    unsent,
    tell,
    log,
    keepAlive: config.keepAlive,
    messageBytes: config.limits.messageBytes,
  })
  const running = trackRunning()

  server.on('connection', (socket: Socket) => {
    const { remoteAddress = '' } = socket
    try {
      sockets.enter(remoteAddress)
      socket.once('close', () => sockets.leave(remoteAddress))
    } catch (error) {
      refuseConnection(socket, tell(error))
    }
  })
  server.on('clientError', (error: Error, socket: Socket) => {
    if (!socket.writable || running.owesAnswer(socket)) socket.destroy()
    else refuseConnection(socket, tell(unreadable(error)))
  })
  server.on('connect', (_, socket: Duplex) =>
    refuseConnection(socket, tell(new Fault('METHOD_NOT_ALLOWED', 'This server is no proxy'))),
  )
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    replyError(request, response, tell(expectationFailed(request))),
  )

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const caller = callerOf(request)
    const seen: Seen = {}
    const start = performance.now()
    running.add(response)
    response.once('close', () => {
      if (!log.isLevelEnabled('debug')) return
      const ms = Math.round((performance.now() - start) * 10) / 10
      const { method } = request
      const status = response.statusCode
      log.debug(
        { method, path: pathOf(request), ...seen, status, ms, client: caller.address },
        'request',
      )
    })
    try {
      await route(request, response, { cors: guard(caller, request.headers.origin), seen })
    } catch (error) {
      if (response.writableEnded) return // Told meanwhile that the server stops.
      const told = tell(error)
      if (response.headersSent) return response.destroy()
      // Whoever was to be told to continue may or may not send the body now.
      if (request.headers.expect !== undefined) response.shouldKeepAlive = false
      replyError(request, response, told)
    }
  }
  server.on('request', answer)
  server.on('checkContinue', answer)

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    try {
      const caller = callerOf(request)
      const { origin, authorization } = request.headers
      guard(caller, origin)
      if (authorization !== undefined) roleOf(authorization)
      if (pathOf(request) !== graphqlPath) {
        throw new Fault('NOT_FOUND', `Expected a WebSocket at ${graphqlPath}`)
      }
      webSockets.accept(request, socket, head, caller.address)
    } catch (error) {
      refuseConnection(socket, tell(error))
    }
  })

  async function close(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    const stopping = tell(
      new Fault(
        'SERVER_STOPPING',
        'The server stops before it could answer; what was asked may have been done or not: ask again soon',
      ),
    )
    await Promise.all([
      webSockets.close(grace),
      running.end(grace, (response) => replyError(response.req, response, stopping)),
    ])
    admission[Symbol.dispose]()
    server.closeAllConnections()
    await endpoint.dispose()
    await closed
  }
  let closing: Promise<void> | undefined

  return {
    url: `http://${reachable(config.host)}:${port}`,
    port,
    usage: () => [
      { name: 'connections', used: connectionLimit.open, most: connectionLimit.most },
      { name: 'subscriptions', used: execution.subscriptions, most: execution.maxSubscriptions },
      {
        name: 'bytes kept of subscriptions',
        used: execution.retainedBytes,
        most: maxRetainedBytes,
      },
      {
        name: 'bytes of unfinished messages',
        used: webSockets.unfinishedBytes,
        most: maxUnfinishedBytes,
      },
      { name: 'bytes of bodies under way', used: bodies.used, most: bodies.most },
      { name: 'bytes that clients leave unread', used: unsent.bytes, most: unsent.most },
    ],
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}

/**
 * Of connections of any kind: so many that some are left for requests when as many as may be are streams and WebSockets.
 * The address of a proxy stands for many clients.
 */
function socketLimits({ limits, trustedProxies }: Config) {
  const most = (streams: number) => 2 * streams + 100
  const hasProxies = trustedProxies.rules.length > 0
  return {
    connections: most(limits.connections),
    connectionsPerAddress: most(hasProxies ? limits.connections : limits.connectionsPerAddress),
  }
}

/** A host under which this machine reaches what listens on the given one. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
