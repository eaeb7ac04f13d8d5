import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isEventStream } from './event-stream.ts'
import { maxPipelined } from './limits.ts'

/**
 * The requests that have no complete response yet. A connection may have only so many, and all are ended when the server
 * stops.
 */
export interface InFlightRequests {
  /**
   * Returns false if the request is not to be handled, because too many of its connection wait for their responses. The
   * first one too many is refused, and the connection closed after that. Those behind it are ignored. If they are many,
   * the connection is closed at once: Node hands us all requests that it has read of one connection, up to 1500, before
   * any other connection has its turn.
   */
  add(response: ServerResponse): boolean
  /** Returns whether a connection has requests without a complete response. */
  has(socket: Duplex): boolean
  /**
   * Closes a connection after the responses to its complete requests, or at once if one of them is being sent. Calls
   * `refuse` then, if the last of them does not say that the connection is closed. Returns false if there are no such
   * requests: then the client cannot take a refusal for one of these responses.
   */
  closeAfterResponses(socket: Duplex, refuse: () => void): boolean
  /**
   * Cuts off event streams. Gives all other requests `grace` milliseconds, those included that still arrive, and then
   * has `sendStopping` respond to the ones that still wait.
   */
  end(grace: number, sendStopping: (response: ServerResponse) => void): Promise<void>
}

/** The requests of a connection that wait for their responses. */
interface Pipeline {
  readonly responses: Set<ServerResponse>
  waiting: number
  /** Whether one was refused. Those behind it count as well. */
  isRefused: boolean
}

/** Milliseconds that the last responses get to be sent. */
const FLUSH_MS = 100

/** `refuse` responds to a request that is one too many. */
export function trackInFlightRequests(
  refuse: (response: ServerResponse) => void,
): InFlightRequests {
  const responses = new Set<ServerResponse>()
  const pipelines = new WeakMap<Duplex, Pipeline>()
  let isEnding = false
  let whenAllEnded = () => {}

  const closeAfter = (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader('Connection', 'close')
  }
  /** Requests that are added meanwhile count as well. */
  const allEnded = async (withinMs: number): Promise<void> => {
    if (responses.size === 0) return
    const over = Promise.withResolvers<void>()
    whenAllEnded = over.resolve
    const late = setTimeout(over.resolve, withinMs)
    await over.promise
    clearTimeout(late)
  }

  return {
    add: (response) => {
      const { socket } = response.req
      const pipeline = pipelines.getOrInsertComputed(socket, openPipeline)
      pipeline.waiting += 1
      if (pipeline.waiting > 2 * maxPipelined) socket.destroy()
      if (pipeline.isRefused || socket.destroyed) return false
      responses.add(response)
      pipeline.responses.add(response)
      response.once('close', () => {
        pipeline.waiting -= 1
        pipeline.responses.delete(response)
        responses.delete(response)
        if (responses.size === 0) whenAllEnded()
      })
      pipeline.isRefused = pipeline.waiting > maxPipelined
      if (isEnding || pipeline.isRefused) closeAfter(response)
      if (pipeline.isRefused) refuse(response)
      return !pipeline.isRefused
    },
    has: (socket) => (pipelines.get(socket)?.waiting ?? 0) > 0,
    closeAfterResponses: (socket, refuse) => {
      let last: ServerResponse | undefined
      for (const response of pipelines.get(socket)?.responses ?? []) {
        const { req, headersSent, writableEnded } = response
        if (headersSent && !writableEnded) {
          socket.destroy()
          return true
        }
        if (req.complete) last = response
      }
      if (last === undefined) return false
      if (last.writableEnded) last.once('close', refuse)
      else last.shouldKeepAlive = false
      return true
    },
    end: async (grace, sendStopping) => {
      isEnding = true
      for (const response of responses) {
        if (isEventStream(response)) response.destroy()
        else closeAfter(response)
      }
      await allEnded(grace)
      for (const response of responses) if (!response.headersSent) sendStopping(response)
      await allEnded(FLUSH_MS)
    },
  }
}

function openPipeline(socket: Duplex): Pipeline {
  const responses = new Set<ServerResponse>()
  socket.once('close', () => {
    // Node closes the one that is being sent, and not always those behind it.
    setImmediate(() => {
      for (const response of responses) response.destroy().emit('close')
    })
  })
  return { responses, waiting: 0, isRefused: false }
}
