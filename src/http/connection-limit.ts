import type { Config } from '../config.ts'
import { Fault } from '../fault.ts'

export interface ConnectionLimit {
  /** Lets a connection in; refused: `TOO_MANY_CONNECTIONS`. */
  enter(address: string): void
  /** To be called once for each that was let in. */
  leave(address: string): void
}

/** Counts what stays open, WebSockets and streams of events alike: in all, and by address. */
export function createConnectionLimit({
  connections,
  connectionsPerAddress,
}: Pick<Config['limits'], 'connections' | 'connectionsPerAddress'>): ConnectionLimit {
  const inside = new Map<string, number>()
  let total = 0

  return {
    enter: (address) => {
      const here = inside.get(address) ?? 0
      // Short, because a WebSocket's reason may have 123 bytes.
      if (here >= connectionsPerAddress) {
        throw new Fault(
          'TOO_MANY_CONNECTIONS',
          `Expected at most ${connectionsPerAddress} from one address: close some, or see MAX_CONNECTIONS_PER_ADDRESS`,
        )
      }
      if (total >= connections) {
        throw new Fault(
          'TOO_MANY_CONNECTIONS',
          `All ${connections} of this server are taken: come back later, or see MAX_CONNECTIONS`,
        )
      }
      inside.set(address, here + 1)
      total++
    },
    leave: (address) => {
      total--
      const left = (inside.get(address) ?? 1) - 1
      if (left > 0) inside.set(address, left)
      else inside.delete(address)
    },
  }
}
