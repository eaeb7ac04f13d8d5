import type { ServerResponse } from 'node:http'
import type { Config } from '../config.ts'
import { Fault } from '../fault.ts'
import { Quota } from './quota.ts'

export interface ConnectionLimit {
  /** How many are open. */
  readonly open: number
  /** How many may be. */
  readonly most: number
  /** Lets a connection in; refused: `TOO_MANY_CONNECTIONS`. */
  enter(address: string): void
  /** To be called once for each that was let in. */
  leave(address: string): void
  /** Lets a response in until it is closed, once however often it is called; refused like a connection. */
  enterUntilClosed(address: string, response: ServerResponse): void
}

/** Counts what stays open, WebSockets and streams of events alike: in all, and by address. */
export function createConnectionLimit({
  connections,
  connectionsPerAddress,
}: Pick<Config['limits'], 'connections' | 'connectionsPerAddress'>): ConnectionLimit {
  const quota = new Quota({ most: connections, mostOfOne: connectionsPerAddress })
  const responses = new WeakSet<ServerResponse>()

  const limit: ConnectionLimit = {
    get open() {
      return quota.used
    },
    most: connections,
    enter: (address) => {
      const reached = quota.take(address)
      if (reached === undefined) return
      // Short, because a WebSocket's reason may have 123 bytes.
      throw new Fault(
        'TOO_MANY_CONNECTIONS',
        reached === 'its own'
          ? `All ${connectionsPerAddress} connections of one address are taken: close some, or see MAX_CONNECTIONS_PER_ADDRESS`
          : `All ${connections} connections of this server are taken: try again later, or see MAX_CONNECTIONS`,
      )
    },
    leave: (address) => quota.give(address),
    enterUntilClosed: (address, response) => {
      if (responses.has(response)) return
      limit.enter(address)
      responses.add(response)
      response.once('close', () => limit.leave(address))
    },
  }
  return limit
}
