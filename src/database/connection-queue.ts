import { startPatience } from './patience.ts'

/** Lends a bounded number of connections; a bounded number of others waits for one, each for a bounded time. */
export interface ConnectionQueue {
  /** Resolves with what gives the connection back; rejects with the reason of `refuse`, or of `turnAway`. */
  enter(): Promise<() => void>
  /** Rejects everyone who waits. */
  turnAway(reason: Error): void
  readonly inUse: number
  readonly waiting: number
  /** How long the first in line has waited, in milliseconds; 0 where nobody does. */
  readonly waitedMs: number
}

export interface ConnectionQueueOptions {
  connections: number
  /** How many may wait. */
  longest: number
  /** Milliseconds that each may wait. */
  patienceMs: number
  /** The reason for one who waited in vain, or found the queue full. */
  refuse(): Error
}

interface Waiting {
  since: number
  admit(): void
  reject(reason: Error): void
}

export function openConnectionQueue({
  connections,
  longest,
  patienceMs,
  refuse,
}: ConnectionQueueOptions): ConnectionQueue {
  /** First come, first served: a Set keeps the order. */
  const queue = new Set<Waiting>()
  let inUse = 0

  const first = (): Waiting | undefined => queue.values().next().value
  const leaveOnce = (): (() => void) => {
    let left = false
    return () => {
      if (left) return
      left = true
      inUse -= 1
      first()?.admit()
    }
  }

  return {
    enter: () => {
      if (inUse < connections) {
        inUse += 1
        return Promise.resolve(leaveOnce())
      }
      if (queue.size >= longest) return Promise.reject(refuse())
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const leaveQueue = () => {
        patience[Symbol.dispose]()
        queue.delete(waiting)
      }
      const waiting: Waiting = {
        since: performance.now(),
        admit: () => {
          leaveQueue()
          inUse += 1
          resolve(leaveOnce())
        },
        reject: (reason) => {
          leaveQueue()
          reject(reason)
        },
      }
      const patience = startPatience(patienceMs, () => waiting.reject(refuse()))
      queue.add(waiting)
      return promise
    },
    turnAway: (reason) => {
      for (const waiting of queue) waiting.reject(reason)
    },
    get inUse() {
      return inUse
    },
    get waiting() {
      return queue.size
    },
    get waitedMs() {
      const since = first()?.since
      return since === undefined ? 0 : performance.now() - since
    },
  }
}
