import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isStream } from './graphql-http.ts'

/** The requests that are under way, so that they can be brought to an end. */
export interface Running {
  add(response: ServerResponse): void
  /**
   * Whether a client may take the next answer on the connection for that of another request: one that came to its end
   * and is not answered yet, or whose answer has begun.
   */
  owesAnswer(socket: Duplex): boolean
  /**
   * Cuts off streams of events, gives all else `grace` milliseconds, those included that still come in, and then
   * has `tell` answer whoever waits.
   */
  end(grace: number, tell: (response: ServerResponse) => void): Promise<void>
}

/** Milliseconds that the last words get on their way. */
const FLUSH_MS = 100

export function trackRunning(): Running {
  const running = new Set<ServerResponse>()
  let ending = false
  let whenAllEnded = () => {}

  const markLast = (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader('Connection', 'close')
  }
  /** Those that are added meanwhile count as well. */
  const allEnded = async (withinMs: number): Promise<void> => {
    if (running.size === 0) return
    const over = Promise.withResolvers<void>()
    whenAllEnded = over.resolve
    const late = setTimeout(over.resolve, withinMs)
    await over.promise
    clearTimeout(late)
  }

  return {
    add: (response) => {
      running.add(response)
      response.once('close', () => {
        running.delete(response)
        if (running.size === 0) whenAllEnded()
      })
      if (ending) markLast(response)
    },
    owesAnswer: (socket) => {
      for (const { req, headersSent } of running) {
        if (req.socket === socket && (req.complete || headersSent)) return true
      }
      return false
    },
    end: async (grace, tell) => {
      ending = true
      for (const response of running) {
        if (isStream(response)) response.destroy()
        else markLast(response)
      }
      await allEnded(grace)
      for (const response of running) if (!response.headersSent) tell(response)
      await allEnded(FLUSH_MS)
    },
  }
}
