/** Lets a bounded number in at a time; a bounded number of others waits, each for a bounded time. */
export interface Gate {
  /** Resolves with what lets the next one in; rejects with the reason of `refuse`, or of `turnAway`. */
  enter(): Promise<() => void>
  /** Rejects everyone who waits. */
  turnAway(reason: Error): void
  readonly inside: number
  readonly waiting: number
  /** How long the first in line has waited, in milliseconds; 0 where nobody does. */
  readonly waitedMs: number
}

export interface GateOptions {
  places: number
  /** How many may wait. */
  longestQueue: number
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

export function openGate({ places, longestQueue, patienceMs, refuse }: GateOptions): Gate {
  /** First come, first served: a Set keeps the order. */
  const queue = new Set<Waiting>()
  let inside = 0

  const first = (): Waiting | undefined => queue.values().next().value
  const leaveOnce = (): (() => void) => {
    let left = false
    return () => {
      if (left) return
      left = true
      inside -= 1
      first()?.admit()
    }
  }

  return {
    enter: () => {
      if (inside < places) {
        inside += 1
        return Promise.resolve(leaveOnce())
      }
      if (queue.size >= longestQueue) return Promise.reject(refuse())
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      const leaveQueue = () => {
        clearTimeout(timer)
        queue.delete(waiting)
      }
      const waiting: Waiting = {
        since: performance.now(),
        admit: () => {
          leaveQueue()
          inside += 1
          resolve(leaveOnce())
        },
        reject: (reason) => {
          leaveQueue()
          reject(reason)
        },
      }
      const timer = setTimeout(() => waiting.reject(refuse()), patienceMs)
      queue.add(waiting)
      return promise
    },
    turnAway: (reason) => {
      for (const waiting of queue) waiting.reject(reason)
    },
    get inside() {
      return inside
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
