import {
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Duplex } from 'node:stream'
import type { GraphQLError } from 'graphql'
import { formatted } from './told-error.ts'

/** Sends one JSON value. */
export function replyJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(text)
}

const statusOf: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  ORIGIN_REFUSED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  HOST_REFUSED: 421,
  TOO_MANY_CONNECTIONS: 429,
  INTERNAL_SERVER_ERROR: 500,
  SERVER_STOPPING: 503,
}

/** The HTTP status of a request that is refused before GraphQL sees it. */
function refusalStatus(error: GraphQLError): number {
  return statusOf[String(error.extensions.code)] ?? 400
}

/** Sends an error in the shape of a GraphQL answer, so that every client can read it. */
export function replyError(
  request: IncomingMessage,
  response: ServerResponse,
  error: GraphQLError,
): void {
  const status = refusalStatus(error)
  const type = 'application/graphql-response+json'
  replyJson(
    response,
    status,
    { errors: [formatted(error)] },
    {
      ...(request.headers.accept?.includes(type)
        ? { 'Content-Type': `${type}; charset=utf-8` }
        : {}),
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
      ...(status === 429 ? { 'Retry-After': '10' } : {}),
    },
  )
}

/** Answers a WebSocket's upgrade with an error, and hangs up. */
export function refuseUpgrade(socket: Duplex, error: GraphQLError): void {
  const status = refusalStatus(error)
  const text = `${JSON.stringify({ errors: [formatted(error)] })}\n`
  socket.once('error', () => socket.destroy()) // The peer may be gone already.
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Connection: close',
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      '',
      text,
    ].join('\r\n'),
    () => socket.destroy(),
  )
}
