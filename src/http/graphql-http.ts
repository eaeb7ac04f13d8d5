import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '../fault.ts'
import type { RoleOf } from './auth.ts'
import type { ConnectionLimit } from './connection-limit.ts'
import { parseGraphQLParams } from './graphql-params.ts'
import { jsonLimits } from './limits.ts'
import type { Admission } from './operations/admission.ts'
import type { RequestLog } from './operations/operation-context.ts'
import type { QueryLimits } from './operations/query-limits.ts'
import type { GraphqlYoga } from './operations/yoga.ts'
import type { Caller } from './origin.ts'
import { type ByteBudget, createBodyReader } from './request-body.ts'
import type { SendBuffer, UnsentLimit } from './unsent-limit.ts'

/** Responds to one GraphQL request over HTTP; to a subscription with a stream of events until either side ends it. */
export type GraphqlHttp = (
  request: IncomingMessage,
  response: ServerResponse,
  requestLog: RequestLog,
) => Promise<void>

export interface GraphqlHttpOptions {
  queryLimits: QueryLimits
  roleOf: RoleOf
  callerOf: (request: IncomingMessage) => Caller
  connectionLimit: ConnectionLimit
  bodies: ByteBudget
  admission: Admission
  unsentLimit: UnsentLimit
  /** Milliseconds. A client that takes nothing of a response for twice as long is cut off, as silent WebSockets are. */
  keepAlive: number
}

/**
 * GraphQL over HTTP. A request is refused before it costs anything, in this order:
 * 1. an unknown token: `UNAUTHENTICATED`;
 * 2. no form of response that there is: `NOT_ACCEPTABLE`;
 * 3. a body that is too large: `BODY_TOO_LARGE`, or `BUSY` if all bodies together are;
 * 4. a body of another type: `UNSUPPORTED_MEDIA_TYPE`; or of JSON that is too complex: `BODY_TOO_COMPLEX`;
 * 5. too many that wait for their turn: `BUSY`.
 *
 * Why the operation itself may be refused is in operations/query-limits.ts.
 */
export function createGraphqlHttp(yoga: GraphqlYoga, options: GraphqlHttpOptions): GraphqlHttp {
  const { queryLimits, roleOf, callerOf, connectionLimit, admission, unsentLimit } = options
  const timeoutMs = 2 * options.keepAlive
  const readBody = createBodyReader(options.bodies)

  return async (request, response, requestLog) => {
    const role = roleOf(request.headers.authorization)
    const { address } = callerOf(request)
    const client = `${role} ${address}`
    const acceptsEvents = acceptsEventStream(request.headers.accept)
    const proceed = () => response.writeContinue()
    using body =
      request.method === 'POST' ? await readBody(request, { client, role, proceed }) : undefined
    const params = parseGraphQLParams(request, body?.bytes, jsonLimits[role])
    using turn = admission.openTurn(client, () => response.destroyed)
    await turn.take(queryLimits.parsingCost(params.query))
    const result = await yoga.fetch(
      'http://localhost/graphql',
      {
        method: request.method ?? 'GET',
        headers: { accept: request.headers.accept ?? '*/*' },
      },
      { role, client, requestLog, acceptsEvents, parsed: params, admit: turn.take },
    )
    if (response.headersSent) return release(result.body) // The client was sent meanwhile that the server stops.
    if (result.headers.get('content-type')?.startsWith('text/event-stream')) {
      body?.[Symbol.dispose]()
      turn[Symbol.dispose]()
      delete params.variables // Yoga keeps the parameters for as long as it streams.
      return stream(result, address, response)
    }
    writeHead(result, response)
    const text = await result.text()
    const length = Buffer.byteLength(text)
    response.setHeader('Content-Length', length)
    // ASCII, such as a chart, needs no encoding.
    response.end(text, length === text.length ? 'latin1' : 'utf8')
    holdUnsent(response, timeoutMs, unsentLimit)
  }

  async function stream(result: Response, address: string, response: ServerResponse) {
    if (result.body === null || response.destroyed) return release(result.body) // The client left meanwhile.
    try {
      connectionLimit.enter(address)
      response.once('close', () => connectionLimit.leave(address))
    } catch (error) {
      await release(result.body)
      throw error
    }
    writeHead(result, response)
    response.setHeader('X-Accel-Buffering', 'no') // Or nginx keeps events until it has a page of them.
    response.setTimeout(timeoutMs, () => {
      if (response.writableLength > 0) response.destroy()
    })
    const buffer = sendBufferOf(response)
    const reader = result.body.getReader()
    response.once('close', () => {
      unsentLimit.forget(buffer)
      void reader.cancel().catch(() => {})
    })
    for (;;) {
      const { done, value } = await reader.read()
      if (done || response.destroyed) break
      if (response.write(value)) continue
      unsentLimit.note(buffer)
      await drained(response)
      unsentLimit.forget(buffer)
    }
    response.end()
  }
}

/** Returns whether a response goes on until one side ends it. */
export function isEventStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream')
}

function writeHead(result: Response, response: ServerResponse): void {
  response.statusCode = result.status
  response.setHeaders(new Map(result.headers))
  if (!response.hasHeader('cache-control')) response.setHeader('Cache-Control', 'no-store')
}

/** Counts a response as unsent until the client has taken all of it. It must not stand still for long. */
function holdUnsent(response: ServerResponse, timeoutMs: number, unsentLimit: UnsentLimit): void {
  if (response.writableLength === 0) return
  const buffer = sendBufferOf(response)
  response.setTimeout(timeoutMs, buffer.terminate)
  response.once('close', () => unsentLimit.forget(buffer))
  unsentLimit.note(buffer)
}

function sendBufferOf(response: ServerResponse): SendBuffer {
  const { socket } = response.req
  return {
    get unsentBytes() {
      return response.writableLength
    },
    // A response that waits behind another has no socket of its own yet.
    terminate: () => socket.destroy(),
  }
}

/** Resolves when the client has taken what waits, or has left. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      response.off('drain', end).off('close', end)
      resolve()
    }
    if (response.destroyed) return resolve()
    response.on('drain', end).on('close', end)
  })
}

/** Lets go of the source of Yoga's stream, which it does only once it has begun. */
async function release(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null) return
  for await (const _ of body) break
}

const WHOLE = ['application/json', 'application/graphql-response+json']
const EVENTS = ['text/event-stream']

/**
 * Returns whether a client accepts a stream of events. Reads the header Accept as Yoga does once it has the result, so
 * that an operation is not executed if its result cannot be sent. Throws `NOT_ACCEPTABLE` if the client accepts no form
 * of response that there is.
 */
function acceptsEventStream(accept: string | undefined): boolean {
  const ranges = (accept || '*/*')
    .toLowerCase()
    .split(',')
    .map((entry) => entry.replace(/\s/g, '').split(';'))
    .filter((entry) =>
      entry.every((part) => !part.includes('charset=') || part === 'charset=utf-8'),
    )
    .map(([range = '']) => range)
  const accepts = (types: readonly string[]) =>
    types.some((type) => ranges.some((range) => matches(type, range)))
  const acceptsEvents = accepts(EVENTS)
  if (acceptsEvents || accepts(WHOLE)) return acceptsEvents
  throw new Fault(
    'NOT_ACCEPTABLE',
    'Expected the header Accept: application/graphql-response+json, application/json or text/event-stream; got none that can be answered',
  )
}

function matches(type: string, range: string): boolean {
  const [major, minor] = type.split('/')
  const [acceptedMajor, acceptedMinor] = range.split('/')
  return (
    (acceptedMajor === '*' || acceptedMajor === major) &&
    (acceptedMinor === '*' || acceptedMinor === minor)
  )
}
