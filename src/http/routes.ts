import type { IncomingMessage, ServerResponse } from 'node:http'
import { abridge, Fault } from '../fault.ts'
import { wantsPage } from './graphiql.ts'
import type { Exchange } from './graphql-http.ts'
import type { Seen } from './operations/yoga.ts'
import type { CorsHeaders } from './origin.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/** Where GraphQL is, over HTTP and WebSocket, and GraphiQL for browsers. */
export const graphqlPath = '/graphql'

/** The path of a request, without its query, which may hold what does not belong into a log. */
export function pathOf(request: IncomingMessage): string {
  return request.url?.split('?', 1)[0] ?? '/'
}

/** Sends a request to what answers its path; `NOT_FOUND` and `METHOD_NOT_ALLOWED` say what there is. */
export function createRouter(routes: {
  exchange: Exchange
  graphiql: Handler
  probes: ReadonlyMap<string, Handler>
}) {
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    { cors, seen }: { cors: CorsHeaders; seen: Seen },
  ): Promise<void> => {
    response.setHeader('X-Content-Type-Options', 'nosniff')
    for (const name in cors) response.setHeader(name, String(cors[name]))
    if (request.method === 'OPTIONS') return preflight(request, response, cors)

    const path = pathOf(request)
    if (path === graphqlPath) {
      if (request.method !== 'GET' && request.method !== 'POST') {
        throw methodNotAllowed(request, response, ['GET', 'POST'])
      }
      return wantsPage(request)
        ? routes.graphiql(request, response)
        : routes.exchange(request, response, seen)
    }
    const probe = routes.probes.get(path)
    if (path !== '/' && probe === undefined) {
      throw new Fault(
        'NOT_FOUND',
        `There is nothing at ${abridge(path)}: GraphQL is at ${graphqlPath}, health at ${[...routes.probes.keys()].join(', ')}`,
      )
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw methodNotAllowed(request, response, ['GET', 'HEAD'])
    }
    if (probe !== undefined) return probe(request, response)
    response.writeHead(307, { Location: graphqlPath, 'Content-Length': 0 }).end()
  }
}

/** Says in the header Allow, too, which methods there are. */
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

/** What a browser asks before it lets a page of another origin call. */
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
