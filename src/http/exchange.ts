import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { RoleOf } from './access.ts'
import { readBody } from './body.ts'
import type { Caller } from './caller.ts'
import type { Endpoint, Seen } from './endpoint.ts'
import type { Turnstile } from './turnstile.ts'

/** Answers one GraphQL request over HTTP; a subscription as a stream of events until either side ends it. */
export type Exchange = (
  request: IncomingMessage,
  response: ServerResponse,
  seen: Seen,
) => Promise<void>

/**
 * GraphQL over HTTP. Refuses before it reads: an unknown token (`UNAUTHENTICATED`), then a body that
 * is too large (`BODY_TOO_LARGE`).
 */
export function createExchange(
  endpoint: Endpoint,
  {
    roleOf,
    callerOf,
    turnstile,
    keepAlive,
  }: {
    roleOf: RoleOf
    callerOf: (request: IncomingMessage) => Caller
    turnstile: Turnstile
    /** Milliseconds; a stream of which nothing is taken for twice as long is cut off, as silent WebSockets are. */
    keepAlive: number
  },
): Exchange {
  return async (request, response, seen) => {
    const role = roleOf(request.headers.authorization)
    const body = request.method === 'POST' ? await readBody(request) : null
    const answer = await endpoint.fetch(
      `http://localhost${request.url}`,
      {
        method: request.method ?? 'GET',
        headers: {
          accept: request.headers.accept ?? '*/*',
          'content-type': request.headers['content-type'] ?? '',
        },
        body,
      },
      { role, seen },
    )
    if (response.headersSent) return // Told meanwhile that the server stops.
    const streams = answer.headers.get('content-type')?.startsWith('text/event-stream')
    if (streams && answer.body !== null && !response.destroyed) {
      try {
        const { address } = callerOf(request)
        turnstile.enter(address)
        response.once('close', () => turnstile.leave(address))
      } catch (error) {
        await letGo(answer.body)
        throw error
      }
    }
    response.statusCode = answer.status
    response.setHeaders(new Map(answer.headers))
    if (answer.headers.get('content-type')?.includes('json')) {
      const text = await answer.text()
      const length = Buffer.byteLength(text)
      response.setHeader('Content-Length', length)
      // ASCII, such as a chart, needs no encoding.
      response.end(text, length === text.length ? 'latin1' : 'utf8')
    } else if (answer.body === null) {
      response.end()
    } else {
      await stream(answer.body, response, 2 * keepAlive)
    }
  }
}

/** Whether an answer goes on until one side ends it. */
export function isStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream')
}

async function stream(
  body: ReadableStream<Uint8Array>,
  response: ServerResponse,
  patienceMs: number,
): Promise<void> {
  response.setHeader('X-Accel-Buffering', 'no') // Or nginx keeps events until it has a page of them.
  if (response.destroyed) {
    return letGo(body) // The client left meanwhile.
  }
  response.setTimeout(patienceMs, () => {
    if (response.writableLength > 0) response.destroy()
  })
  try {
    await pipeline(body, response)
  } catch (error) {
    if (!response.destroyed) throw error // Else the client left, which is how most streams end.
  }
}

/** Yoga's stream lets go of its source only once it has begun. */
async function letGo(body: ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of body) break
}
