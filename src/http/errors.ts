import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError, Kind } from 'graphql'
import { abridge, Fault } from '../fault.ts'
import type { Logger } from '../log.ts'

/**
 * Lets lower layers say what an error means, such as a lost database connection. If it returns a `Fault`, the client is
 * sent that one, even in place of another `Fault`. Anything else leaves the error as it is.
 */
export type Translate = (error: unknown) => unknown

/**
 * An error as the client is sent it. Masking it again leaves it as it is.
 *
 * Its stack is one line, since nobody reads it: until somebody does, V8 keeps the functions that were being called, and
 * with them the request, its body and its connection. Such an error may be kept for as long as a document
 * (query-limits.ts).
 */
export class ClientError extends GraphQLError {
  constructor(message: string, options: GraphQLErrorOptions) {
    super(message, options)
    this.stack = `ClientError: ${message}`
  }
}

/** Turns whatever was thrown into what the client is sent. */
export type MaskError = (error: unknown) => GraphQLError

/**
 * A `Fault`, or a `GraphQLError` with a code, is sent as it is, even if other errors wrap it. Everything else is logged
 * once, with its cause, and sent as `INTERNAL_SERVER_ERROR`.
 */
export function createMaskError(log: Logger, translate: Translate): MaskError {
  const logged = new WeakSet<object>()

  return (error) => {
    const place = error instanceof GraphQLError ? error : undefined
    const chain = causes(error)
    for (const cause of chain) {
      const translated = translate(cause)
      const fault = translated instanceof Fault ? translated : cause
      if (fault instanceof Fault) {
        logFault(log, fault)
        return errorAt(place, fault.message, {
          code: fault.code,
          ...(fault.inputPath === undefined ? {} : { path: fault.inputPath }),
        })
      }
      if (cause instanceof ClientError) return cause
      if (cause instanceof GraphQLError && cause.extensions.code !== undefined) {
        return abridgeError(cause)
      }
    }
    const root = chain.at(-1)
    if (root instanceof GraphQLError && isAboutInput(root, place)) {
      // The outer message says where in a variable the value lies.
      const { message } = place ?? root
      return errorAt(place, shorten(message), { ...root.extensions, code: 'BAD_USER_INPUT' })
    }
    if (typeof root !== 'object' || root === null || !logged.has(root)) {
      log.error({ err: root, path: place?.path?.join('.') }, 'a request failed unexpectedly')
    }
    if (typeof root === 'object' && root !== null) logged.add(root)
    // The mark makes Yoga respond with 500 if there is no data, and Yoga removes it.
    return errorAt(place, 'Unexpected error', { code: 'INTERNAL_SERVER_ERROR', unexpected: true })
  }
}

/** What the database said is for the log alone: at level error if nothing else says what was wrong. */
function logFault(log: Logger, fault: Fault): void {
  if (fault.cause === undefined) return
  if (fault.code === 'DATABASE_ERROR') log.error({ err: fault }, 'the database refused a request')
  else log.debug({ err: fault }, 'a request was refused')
}

/** The error in JSON, without the marks that give Yoga an HTTP status. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _, unexpected: __, ...extensions } = {}, ...rest } = error.toJSON()
  return { ...rest, extensions }
}

/** A library's error, which quotes what came, with no more than the beginning of that. */
export function abridgeError(error: GraphQLError): GraphQLError {
  const { originalError: _, ...extensions } = error.extensions
  return errorAt(error, shorten(error.message), extensions)
}

const LONGEST_MESSAGE = 240

/** A library's message quotes what came, whatever its length. The beginning of that is enough. */
function shorten(message: string): string {
  // What is quoted may have quotes of its own, which are escaped.
  const parts = message.split(/(?<!\\)"/)
  const text = parts.map((part) => abridge(part)).join('"')
  if (text.length <= LONGEST_MESSAGE) return text
  return `${text.slice(0, LONGEST_MESSAGE / 2)} … ${text.slice(-LONGEST_MESSAGE / 3)}`
}

/** The error, what it wraps, what that wraps, and so on. */
function causes(error: unknown): unknown[] {
  const chain: unknown[] = []
  let next = error
  while (next !== undefined && next !== null && !chain.includes(next)) {
    chain.push(next)
    if (!(next instanceof Error)) break
    next = (next instanceof GraphQLError ? next.originalError : undefined) ?? next.cause
  }
  return chain
}

/**
 * GraphQL's own errors have no code. Those raised before any field ran, or at the value of an argument, are about what
 * the client sent. Those raised at a field are about what a resolver returned.
 */
function isAboutInput(error: GraphQLError, place: GraphQLError | undefined): boolean {
  return place?.path === undefined || (error.nodes ?? place.nodes)?.[0]?.kind !== Kind.FIELD
}

function errorAt(
  place: GraphQLError | undefined,
  message: string,
  extensions: Record<string, unknown>,
): GraphQLError {
  return new ClientError(message, {
    nodes: place?.nodes,
    source: place?.source,
    positions: place?.positions,
    path: place?.path,
    extensions,
  })
}

const statusByCode: Readonly<Record<string, number>> = {
  PERSISTED_QUERY_NOT_FOUND: 200,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  DOCUMENT_NOT_TRUSTED: 403,
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
  TOO_MANY_REQUESTS: 429,
  HEADERS_TOO_LARGE: 431,
  INTERNAL_SERVER_ERROR: 500,
  SERVER_STOPPING: 503,
  BUSY: 503,
}

/** The error of an operation that is refused before it begins, with its HTTP status in the form that Yoga reads. */
export function errorWithStatus(
  { code, message, inputPath }: Fault,
  headers: Readonly<Record<string, string>> = headersOf(code),
): GraphQLError {
  return new ClientError(message, {
    extensions: {
      code,
      ...(inputPath === undefined ? {} : { path: inputPath }),
      http: { spec: false, status: statusByCode[code] ?? 400, headers },
    },
  })
}

/** The HTTP status of a request that is refused before GraphQL sees it. */
export function httpStatusOf(error: GraphQLError): number {
  return statusByCode[String(error.extensions.code)] ?? 400
}

const headersByCode: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  UNAUTHENTICATED: { 'WWW-Authenticate': 'Bearer' },
  TOO_MANY_CONNECTIONS: { 'Retry-After': '10' },
  BUSY: { 'Retry-After': '1' },
}

/** The headers that belong to an error with this code. */
function headersOf(code: unknown): Record<string, string> {
  return { ...headersByCode[String(code)] }
}

/** Sends an error in the form of a GraphQL response, which every client can read. */
export function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: GraphQLError,
): void {
  const status = httpStatusOf(error)
  const type = 'application/graphql-response+json'
  sendJson(
    response,
    status,
    { errors: [formatError(error)] },
    {
      ...(request.headers.accept?.includes(type)
        ? { 'Content-Type': `${type}; charset=utf-8` }
        : {}),
      ...headersOf(error.extensions.code),
    },
  )
}

/** Sends one JSON value. */
export function sendJson(
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
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  })
  response.end(text)
}
