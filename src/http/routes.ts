import type { IncomingMessage, ServerResponse } from 'node:http'
import { abridge, Fault } from '../fault.ts'
import type { Role } from '../graphql/role.ts'
import type { RoleOf } from './auth.ts'
import { sendJson } from './errors.ts'
import { wantsPage } from './graphiql.ts'
import type { GraphqlHttp } from './graphql-http.ts'
import type { Scrape } from './metrics/metrics.ts'
import type { RequestLog } from './operations/operation-context.ts'
import type { CorsHeaders } from './origin.ts'
import { webPath } from './page/page.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/** Where GraphQL is, over HTTP and WebSocket, and GraphiQL for browsers. */
export const graphqlPath = '/graphql'

/**
 * Returns the address of a request, without the server that an address for a proxy begins with (RFC 9112, section
 * 3.2.2), and without the path of the proxy below which the server is. A proxy may have taken that off: an address
 * without it stays as it is.
 */
export function withoutBase(url: string | undefined, basePath: string): string {
  const path = url?.replace(/^https?:\/\/[^/?]*/i, '') || '/'
  if (basePath === '' || !path.startsWith(basePath)) return path
  const rest = path.slice(basePath.length)
  return rest.startsWith('/') ? rest : path
}

/** The path of a request, without its query, which may hold what does not belong in a log. */
export function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '/'
}

/** Whether a request asks for the page, a file of it, or GraphiQL, which are the same for everybody. */
export function isForFile(request: IncomingMessage): boolean {
  const path = pathOf(request)
  return path === graphqlPath ? wantsPage(request) : path === '/' || path.startsWith(webPath)
}

/**
 * Hands a request to the handler of its path. `NOT_FOUND` and `METHOD_NOT_ALLOWED` say which paths and methods exist.
 */
export function createRouter(routes: {
  basePath: string
  graphqlHttp: GraphqlHttp
  graphiql: Handler
  page: (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>
  probes: ReadonlyMap<string, Handler>
}) {
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    { cors, requestLog }: { cors: CorsHeaders; requestLog: RequestLog },
  ): Promise<void> => {
    response.setHeader('X-Content-Type-Options', 'nosniff')
    for (const name in cors) response.setHeader(name, String(cors[name]))
    if (request.method === 'OPTIONS') return preflight(request, response, cors)

    const path = pathOf(request)
    if (path === graphqlPath) {
      if (request.method !== 'GET' && request.method !== 'POST') {
        throw methodNotAllowed(request, response, ['GET', 'POST'])
      }
      return isForFile(request)
        ? routes.graphiql(request, response)
        : routes.graphqlHttp(request, response, requestLog)
    }
    const isBase = routes.basePath !== '' && path === routes.basePath
    const handler = isForFile(request) ? routes.page : isBase ? toPage : routes.probes.get(path)
    if (handler === undefined) {
      throw new Fault(
        'NOT_FOUND',
        `There is nothing at ${abridge(path)}: the page is at /, GraphQL at ${graphqlPath}, health at ${[...routes.probes.keys()].join(', ')}`,
      )
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw methodNotAllowed(request, response, ['GET', 'HEAD'])
    }
    return handler(request, response, path)
  }
}

/** Redirects to the path with a slash, because the page names its files relative to itself. */
function toPage(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(308, { Location: `${pathOf(request)}/` }).end()
}

/** Names the allowed methods in the header Allow, too. */
function methodNotAllowed(
  request: IncomingMessage,
  response: ServerResponse,
  allowed: readonly string[],
): Fault {
  response.setHeader('Allow', allowed.join(', '))
  return new Fault(
    'METHOD_NOT_ALLOWED',
    `Expected ${allowed.join(' or ')} ${pathOf(request)}, got ${abridge(request.method ?? 'none')}`,
  )
}

/** Responds to what a browser asks before it lets a page of another origin call. */
function preflight(request: IncomingMessage, response: ServerResponse, cors: CorsHeaders): void {
  if ('Access-Control-Allow-Origin' in cors) {
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST')
    response.setHeader(
      'Access-Control-Allow-Headers',
      request.headers['access-control-request-headers'] ?? 'authorization, content-type',
    )
    response.setHeader('Access-Control-Max-Age', 7200)
  }
  response.writeHead(204, { Allow: 'GET, POST, OPTIONS' }).end()
}

/** What `/health` returns: a status, the checks, and whatever else is known. */
export type HealthReport = {
  status: 'HEALTHY' | 'DEGRADED' | 'UNHEALTHY'
  checks: unknown[]
} & Record<string, unknown>

export interface ProbeOptions {
  health: (role: Role) => Promise<HealthReport>
  ready: () => Promise<{ ready: boolean; reason?: string }>
}

/**
 * What supervisors and load balancers ask, by path:
 * - `/livez`: is the process alive?
 * - `/readyz`: can it serve?
 * - `/health`: all that is known. A caller without the role read gets only the status.
 * - `/metrics`: numbers for Prometheus. A caller without the role read gets `UNAUTHENTICATED`.
 */
export function createProbes(
  { health, ready }: ProbeOptions,
  { metrics, ...access }: { metrics: () => Promise<Scrape>; roleOf: RoleOf; publicRead: boolean },
): ReadonlyMap<string, Handler> {
  return new Map<string, Handler>([
    ['/livez', (_, response) => sendJson(response, 200, { status: 'ALIVE' })],
    [
      '/readyz',
      async (_, response) => {
        const state = await ready()
        sendJson(response, state.ready ? 200 : 503, state)
      },
    ],
    [
      '/health',
      async ({ headers: { authorization } }, response) => {
        const isReader = access.publicRead || authorization !== undefined
        const role = isReader ? access.roleOf(authorization) : 'read'
        const state = await health(role)
        const status = state.status === 'UNHEALTHY' ? 503 : 200
        sendJson(response, status, isReader ? state : { status: state.status })
      },
    ],
    [
      '/metrics',
      async ({ headers: { authorization } }, response) => {
        access.roleOf(authorization)
        const { contentType, body } = await metrics()
        response
          .writeHead(200, {
            'Content-Type': contentType,
            'Content-Length': body.length,
            'Cache-Control': 'no-store',
          })
          .end(body)
      },
    ],
  ])
}
