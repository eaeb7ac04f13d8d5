import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Duplex } from 'node:stream'
import type { GraphQLSchema } from 'graphql'
import type { Config } from '../config.ts'
import { Fault } from '../fault.ts'
import type { Services } from '../graphql/context.ts'
import type { Logger } from '../log.ts'
import type { Measure } from '../measure.ts'
import type { Tracer } from '../tracing/tracer.ts'
import type { Answer } from './answer.ts'
import { createRoleOf } from './auth.ts'
import { createConnectionLimit } from './connection-limit.ts'
import { createMaskError, sendError, type Translate } from './errors.ts'
import type { EventStream } from './event-stream.ts'
import { createGraphiQL } from './graphiql.ts'
import type { Example } from './graphiql-tabs.ts'
import { createGraphqlHttp } from './graphql-http.ts'
import { createGraphqlTransportWs } from './graphql-transport-ws.ts'
import { trackInFlightRequests } from './in-flight-requests.ts'
import {
  maxBytesUnderWay,
  maxDroppedBytesPerSecond,
  maxPipelined,
  maxRetainedBytes,
  maxUnfinishedBytes,
  maxUnsentBytesTogether,
} from './limits.ts'
import { type Scrape, writeMetrics } from './metrics/metrics.ts'
import { RequestTally } from './metrics/request-tally.ts'
import { serverMeasures } from './metrics/server-measures.ts'
import { createAdmission } from './operations/admission.ts'
import type { ContextOf, RequestLog } from './operations/operation-context.ts'
import {
  createPersistedOperations,
  type TrustedDocuments,
} from './operations/persisted-operations.ts'
import { createQueryLimits } from './operations/query-limits.ts'
import { type ReadDataVersion, ResponseCache } from './operations/response-cache.ts'
import type { RunOperation } from './operations/run-operation.ts'
import { createSharedSubscriptions } from './operations/shared-subscriptions.ts'
import { createGraphqlYoga } from './operations/yoga.ts'
import { type Caller, createCallerOf, createOriginGuard } from './origin.ts'
import { createPage } from './page/page.ts'
import { createRefusalWarnings } from './refusal-warnings.ts'
import { refuseBadConnections, refuseConnection } from './refused-connections.ts'
import { createByteBudget } from './request-body.ts'
import {
  createProbes,
  createRouter,
  graphqlPath,
  isForFile,
  type ProbeOptions,
  pathOf,
  withoutBase,
} from './routes.ts'
import { holdUnsent, limitIdleTime } from './send-buffer.ts'
import { createUnsentLimit } from './unsent-limit.ts'
import { createDropBody } from './unwanted-bodies.ts'
import { openWebSocketServer } from './websocket-server.ts'

export interface HttpServerOptions<Context extends object> extends ProbeOptions {
  schema: GraphQLSchema
  /**
   * Builds what resolvers get, once for each operation, and once for all subscriptions that share their results. Its
   * own properties are copied, so it must not rely on a prototype. A request without a role never comes this far.
   */
  contextOf: ContextOf<Context>
  config: Config
  /** `config.tokens.admin`, or the one that was generated. */
  adminToken: string
  log: Logger
  /**
   * While it returns the same name, responses that are made of the committed data alone are used again. Else none is.
   */
  readDataVersion?: ReadDataVersion
  /** Whether a query that failed so is executed once more, with a context whose data may not be old. */
  mayRepeat?: (error: unknown) => boolean
  /** Runs each query, each mutation and the fields of each event. Without it they are run as they are. */
  runOperation?: RunOperation
  /** What the cost of an operation depends on. Without it the usual sizes count. */
  sizes?: Services['sizes']
  /** Documents that clients may send by their id. */
  trustedDocuments?: TrustedDocuments | undefined
  /** Has Yoga respond to every GraphQL request over HTTP, so that a test can compare. */
  byYogaAlone?: boolean
  /** What the queries that GraphiQL opens with are about. Without it they are about plant 1 and today. */
  readExample?: () => Promise<Example | undefined>
  /** What `/metrics` has beside the numbers of this server itself. */
  measure?: () => Promise<readonly Measure[]>
  /** Without it no operation is traced. */
  tracer?: Tracer | undefined
  /** What the errors of lower layers mean to a client. Without it they are masked. */
  translate?: Translate
}

export interface HttpServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:4000`, with `BASE_PATH`. */
  readonly url: string
  readonly port: number
  /** How much is in use of what there is a bounded amount of. */
  usage(): Usage[]
}

export interface Usage {
  readonly name: string
  readonly used: number
  readonly most: number
}

/** Milliseconds that running requests and closing sockets get when the server stops. Then they are sent an error. */
const grace = 500

/**
 * Opens the one server: GraphQL over HTTP, server-sent events and WebSocket, GraphiQL, the page, and probes for
 * supervisors.
 * Throws `PORT_UNAVAILABLE` if it cannot listen.
 *
 * What happens to a request, in this order:
 * 1. refused-connections.ts: there may be too many connections, or it cannot be read;
 * 2. in-flight-requests.ts: it is tracked until its response is complete, with few others of its connection;
 * 3. origin.ts: who sends it, and from which page;
 * 4. routes.ts: by its path it goes to a probe, to the page, to GraphiQL, or to
 * 5. graphql-http.ts: its token (auth.ts), its body (request-body.ts, graphql-params.ts), the
 *    response;
 * 6. operations/yoga.ts: the operation itself;
 * 7. send-buffer.ts: what its client leaves unread of the response is bounded, in bytes and in time; of a file, which is
 *    in memory for all, in time.
 *
 * If it is refused, unwanted-bodies.ts reads what is left of its body.
 *
 * An upgrade passes 1 to 3, and goes to websocket-server.ts, which hands messages to graphql-transport-ws.ts.
 */
export async function openHttpServer<Context extends object>(
  options: HttpServerOptions<Context>,
): Promise<HttpServer> {
  const { schema, contextOf, config, log, tracer } = options
  const { publicRead, tokens } = config
  const maskError = createMaskError(log, options.translate ?? ((error) => error))
  const roleOf = createRoleOf({ ...tokens, admin: options.adminToken }, publicRead)
  const callerOf = createCallerOf(config.trustedProxies)
  const connectionLimit = createConnectionLimit(config.limits)
  const bodies = createByteBudget(maxBytesUnderWay)
  const unsentLimit = createUnsentLimit(maxUnsentBytesTogether, () =>
    log.warn({ bytes: unsentLimit.bytes }, 'a client that does not read its responses is cut off'),
  )
  const tally = new RequestTally()
  const admission = createAdmission()
  const queryLimits = createQueryLimits(schema, options.sizes)
  const subscriptions = createSharedSubscriptions({
    schema,
    contextOf,
    maskError,
    limits: config.limits,
    runOperation: options.runOperation,
    tracer,
  })
  const yoga = createGraphqlYoga({
    schema,
    queryLimits,
    contextOf,
    subscriptions,
    maskError,
    runOperation: options.runOperation,
    mayRepeat: options.mayRepeat,
    tracer,
  })
  const completeParams = createPersistedOperations(options.trustedDocuments)
  const responses = new ResponseCache<Answer | EventStream>(options.readDataVersion)
  // A client that takes nothing of a response for so long is cut off, as silent WebSockets are.
  const timeoutMs = 2 * config.keepAlive
  // Of a file: it is in memory anyway, and who is slow may seem to take nothing for a minute, because the system has
  // megabytes of it already.
  const fileTimeoutMs = 12 * timeoutMs
  const inFlight = trackInFlightRequests((response) =>
    sendError(response.req, response, maskError(tooManyRequests())),
  )
  const route = createRouter({
    basePath: config.basePath,
    graphqlHttp: createGraphqlHttp(yoga, {
      schema,
      queryLimits,
      responses,
      maskError,
      completeParams,
      byYogaAlone: options.byYogaAlone,
      roleOf,
      callerOf,
      connectionLimit,
      bodies,
      admission,
      unsentLimit,
      tally,
      tracer,
      timeoutMs,
    }),
    graphiql: createGraphiQL({
      publicRead,
      readExample: options.readExample ?? (async () => undefined),
    }),
    page: createPage(),
    probes: createProbes(options, { metrics, roleOf, publicRead }),
  })

  /** Upgrades behind requests that have no response yet. */
  const lateUpgrades = new WeakSet<IncomingMessage>()
  const server = createServer({
    // A client that is slow to send its headers or body is cut off. Responses may take any time.
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    // Longer than proxies keep an idle connection, which is 60 s for most, so that none sends on one that is closing.
    keepAliveTimeout: 65_000,
    // Often, so that few are due at once: to cut off 7000 takes 0.6 s, for which nobody else is served.
    connectionsCheckingInterval: 100,
    requireHostHeader: false, // createOriginGuard
    shouldUpgradeCallback: (request) => {
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') return false
      // Its frames would stand among the responses, of which Node lets go with an upgrade.
      const isLate = inFlight.has(request.socket)
      if (isLate) lateUpgrades.add(request)
      return !isLate
    },
  })
  const port = await listen(server, config.host, config.port)
  const guardOrigin = createOriginGuard(config, port)
  const warnOfRefusal = createRefusalWarnings(log)
  const guard = (caller: Caller, headers: IncomingHttpHeaders) => {
    try {
      return guardOrigin(caller, headers)
    } catch (error) {
      warnOfRefusal(error, { host: caller.host, origin: headers.origin })
      throw error
    }
  }
  const webSockets = openWebSocketServer({
    protocol: createGraphqlTransportWs({
      schema,
      yoga,
      subscriptions,
      queryLimits,
      completeParams,
      readDataVersion: options.readDataVersion,
      admission,
      bodies,
      roleOf,
      tally,
      tracer,
      maskError,
      log,
      limits: config.limits,
    }),
    connectionLimit,
    unsentLimit,
    maskError,
    log,
    keepAlive: config.keepAlive,
    messageBytes: config.limits.messageBytes,
  })
  const connections = refuseBadConnections(server, { config, inFlight, maskError })

  const dropBody = createDropBody(maxDroppedBytesPerSecond)
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    if (!inFlight.add(response)) return
    request.url = withoutBase(request.url, config.basePath)
    const caller = callerOf(request)
    const requestLog: RequestLog = {}
    const start = performance.now()
    response.once('close', () => {
      if (!log.isLevelEnabled('debug')) return
      const ms = Math.round((performance.now() - start) * 10) / 10
      const { method } = request
      const status = response.statusCode
      log.debug(
        { method, path: pathOf(request), ...requestLog, status, ms, client: caller.address },
        'request',
      )
    })
    if (request.method !== 'POST') {
      dropBody(request)
      closeIfBodyMayCome(request, response)
    }
    if (isForFile(request)) limitIdleTime(response, fileTimeoutMs)
    try {
      if (lateUpgrades.has(request)) {
        response.shouldKeepAlive = false
        throw new Fault(
          'BAD_REQUEST',
          'Expected an upgrade to a WebSocket on a connection of its own, or once the requests before it are answered',
        )
      }
      const { cors } = guard(caller, request.headers)
      await route(request, response, { cors, requestLog })
    } catch (error) {
      if (response.writableEnded) return // The client was sent meanwhile that the server stops.
      const masked = maskError(error)
      if (pathOf(request) === graphqlPath) {
        const seconds = (performance.now() - start) / 1000
        tally.count({ operation: undefined, code: String(masked.extensions.code), seconds })
      }
      if (response.headersSent) return response.destroy()
      if (request.method === 'POST') {
        dropBody(request)
        closeIfBodyMayCome(request, response)
      }
      sendError(request, response, masked)
    } finally {
      if (!isForFile(request)) holdUnsent(response, timeoutMs, unsentLimit)
    }
  }
  server.on('request', handle)
  server.on('checkContinue', handle)

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    request.url = withoutBase(request.url, config.basePath)
    try {
      const caller = callerOf(request)
      const { mayUseToken } = guard(caller, request.headers)
      const { authorization } = request.headers
      if (authorization !== undefined) roleOf(authorization)
      if (pathOf(request) !== graphqlPath) {
        throw new Fault('NOT_FOUND', `Expected a WebSocket at ${graphqlPath}`)
      }
      webSockets.accept(request, socket, head, { client: caller.address, mayUseToken })
    } catch (error) {
      refuseConnection(socket, maskError(error))
    }
  })

  const usage = (): Usage[] => [
    { name: 'connections', used: connectionLimit.open, most: connectionLimit.most },
    { name: 'connections of any kind', used: connections.open, most: connections.most },
    { name: 'subscriptions', used: subscriptions.count, most: subscriptions.maxCount },
    {
      name: 'bytes kept of subscriptions',
      used: subscriptions.retainedBytes,
      most: maxRetainedBytes,
    },
    {
      name: 'bytes of unfinished messages',
      used: webSockets.unfinishedBytes,
      most: maxUnfinishedBytes,
    },
    { name: 'bytes of bodies under way', used: bodies.used, most: bodies.most },
    { name: 'bytes that clients leave unread', used: unsentLimit.bytes, most: unsentLimit.most },
  ]

  async function scrape(): Promise<Scrape> {
    const own = serverMeasures({
      subscriptions: subscriptions.count,
      webSockets: webSockets.connections,
      // A WebSocket that is refused is open until it is closed.
      eventStreams: Math.max(0, connectionLimit.open - webSockets.connections),
      usage: usage(),
    })
    return await writeMetrics(tally, [...own, ...((await options.measure?.()) ?? [])])
  }
  let scraping: Promise<Scrape> | undefined
  /** Who asks while it is being made is given the same. */
  function metrics(): Promise<Scrape> {
    scraping ??= scrape().finally(() => {
      scraping = undefined
    })
    return scraping
  }

  async function close(): Promise<void> {
    const closed = once(server, 'close')
    server.close()
    const stopping = maskError(
      new Fault(
        'SERVER_STOPPING',
        'The server stops before it could answer; what was asked may have been done or not: ask again soon',
      ),
    )
    await Promise.all([
      webSockets.close(grace),
      inFlight.end(grace, (response) => sendError(response.req, response, stopping)),
    ])
    admission[Symbol.dispose]()
    server.closeAllConnections()
    await yoga.dispose()
    await closed
  }
  let closing: Promise<void> | undefined

  return {
    url: `http://${reachable(config.host)}:${port}${config.basePath}`,
    port,
    usage,
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
}

/** Binds the server. Returns the port, which the system chooses if 0 is asked for. */
async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    throw new Fault('PORT_UNAVAILABLE', whyUnavailable(cause, host, port), { cause })
  }
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

function whyUnavailable(cause: unknown, host: string, port: number): string {
  switch (cause instanceof Error && 'code' in cause ? cause.code : undefined) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use: stop the program that has it, or set PORT to another one`
    case 'EACCES':
      return `Port ${port} needs more rights than this user has: set PORT to one above 1023`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is no address of this machine: set HOST to 127.0.0.1, or to 0.0.0.0 for all of its addresses`
    default:
      return `Port ${port} on ${host} cannot be opened: ${cause instanceof Error ? cause.message : cause}`
  }
}

function tooManyRequests(): Fault {
  return new Fault(
    'TOO_MANY_REQUESTS',
    `Expected at most ${maxPipelined} requests of a connection that wait for their responses; this one was not carried out, nor any after it: send fewer at a time`,
  )
}

/** Who has waited for `100 Continue` may or may not send the body once the response is there. */
function closeIfBodyMayCome({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers.expect !== undefined) response.shouldKeepAlive = false
}

/** Returns a host under which this machine reaches what listens on the given one. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
