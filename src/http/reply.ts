import {
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Duplex } from 'node:stream'
import type { GraphQLError } from 'graphql'
import type { Fault } from '../fault.ts'
import { formatted, ToldError } from './errors.ts'

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
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMEOUT: 408,
  BODY_TOO_LARGE: 413,
  BODY_TOO_COMPLEX: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  EXPECTATION_FAILED: 417,
  HOST_REFUSED: 421,
  TOO_MANY_CONNECTIONS: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL_SERVER_ERROR: 500,
  SERVER_STOPPING: 503,
  BUSY: 503,
}

/** A refusal of an operation that has not begun, with its HTTP status as Yoga reads it. */
export function refusal(
  { code, message, inputPath }: Fault,
  headers: Readonly<Record<string, string>> = headersOf(code),
): GraphQLError {
  return new ToldError(message, {
    extensions: {
      code,
      ...(inputPath === undefined ? {} : { path: inputPath }),
      http: { spec: false, status: statusOf[code] ?? 400, headers },
    },
  })
}

/** The HTTP status of a request that is refused before GraphQL sees it. */
function refusalStatus(error: GraphQLError): number {
  return statusOf[String(error.extensions.code)] ?? 400
}

const headersByCode: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  UNAUTHENTICATED: { 'WWW-Authenticate': 'Bearer' },
  TOO_MANY_CONNECTIONS: { 'Retry-After': '10' },
  BUSY: { 'Retry-After': '1' },
}

/** The headers that belong to a refusal with this code. */
function headersOf(code: unknown): Record<string, string> {
  return { ...headersByCode[String(code)] }
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
      ...headersOf(error.extensions.code),
    },
  )
}

/** Answers on a connection on which there is no request to answer, such as one that could not be read, and hangs up. */
export function refuseConnection(socket: Duplex, error: GraphQLError): void {
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
