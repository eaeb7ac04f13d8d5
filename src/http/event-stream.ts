import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ConnectionLimit } from './connection-limit.ts'
import type { RequestTally } from './metrics/request-tally.ts'
import type { BegunSubscription } from './operations/operation-context.ts'
import type { CacheableResponse } from './operations/response-cache.ts'
import { drained, limitIdleTime, sendBufferOf } from './send-buffer.ts'
import type { UnsentLimit } from './unsent-limit.ts'

/** A stream of server-sent events that Yoga has opened for one client. */
export class EventStream implements CacheableResponse {
  readonly validity = 'NEVER'
  readonly isForAll = false
  readonly size = 0
  /** The name of the operation, if it is given. */
  readonly operationName: string | undefined
  readonly #events: Response
  readonly #subscription: BegunSubscription | undefined

  /** Its subscription begins when its body is first read. */
  constructor(
    events: Response,
    subscription: BegunSubscription | undefined,
    operationName?: string,
  ) {
    this.#events = events
    this.#subscription = subscription
    this.operationName = operationName
  }

  /**
   * Sends the events until either side ends them, or the client leaves them unread for so long. Nothing is sent before
   * the subscription has begun: who has the head of the response misses nothing that is committed from then on. Throws
   * `TOO_MANY_CONNECTIONS` if the client has too many.
   */
  async send(
    response: ServerResponse,
    options: {
      /** Of the client. */
      address: string
      connectionLimit: ConnectionLimit
      unsentLimit: UnsentLimit
      /** Milliseconds. */
      timeoutMs: number
      tally: RequestTally
    },
  ): Promise<void> {
    const { address, connectionLimit, unsentLimit, timeoutMs, tally } = options
    const { body, headers, status } = this.#events
    // The client left meanwhile, or was sent that the server stops.
    if (body === null || response.destroyed || response.headersSent) return await release(body)
    try {
      connectionLimit.enterUntilClosed(address, response)
    } catch (error) {
      await release(body)
      throw error
    }
    const buffer = sendBufferOf(response)
    const reader = body.getReader()
    response.once('close', () => {
      unsentLimit.forget(buffer)
      // Yoga lets go of it with its next ping.
      this.#subscription?.close()
      void reader.cancel().catch(() => {})
    })
    let next = await reader.read() // A comment, which Yoga makes at once.
    await this.#subscription?.begun
    if (response.destroyed || response.headersSent) return await reader.cancel()
    response.setHeaders(new Map(headers))
    if (!headers.has('cache-control')) response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Accel-Buffering', 'no') // Or nginx keeps events until it has a page of them.
    response.statusCode = status
    forgetHeaders(response.req)
    limitIdleTime(response, timeoutMs, () => {
      if (response.writableLength > 0) response.destroy()
    })
    while (!next.done && !response.destroyed) {
      if (isEvent(next.value)) tally.messages++
      if (!response.write(next.value)) {
        unsentLimit.note(buffer)
        await drained(response)
        unsentLimit.forget(buffer)
      }
      next = await reader.read()
    }
    response.end()
  }
}

/** A stream lasts for months, and so does its request: with many headers that is a hundred kilobytes. */
function forgetHeaders(request: IncomingMessage): void {
  request.headers = {}
  request.rawHeaders = []
  request.url = request.url?.split('?', 1)[0]
}

const EVENT = Buffer.from('event: next')

/** Returns whether Yoga's chunk is an event of the operation: neither a ping nor the end. */
function isEvent(chunk: Uint8Array): boolean {
  return EVENT.equals(chunk.subarray(0, EVENT.length))
}

/** Returns whether a response goes on until one side ends it. */
export function isEventStream(response: ServerResponse): boolean {
  return String(response.getHeader('content-type')).startsWith('text/event-stream')
}

/** Lets go of the source of Yoga's stream, which it does only once it has begun. */
async function release(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null) return
  for await (const _ of body) break
}
