import { Fault } from '../fault.ts'
import { startTimeout } from '../timeout.ts'

/** Lets work begin in turns, so that nobody's work keeps everybody else waiting. */
export interface Turns extends Disposable {
  /**
   * Resolves when work of this weight may begin, with what is to be called once it has ended. Rejects with `BUSY` if
   * too much of this client's work waits already, or if it has waited in vain.
   */
  take(client: string, weight: number): Promise<() => void>
  readonly waiting: number
}

export interface TurnsOptions {
  /** Work of this weight together may be under way; what is heavier by itself runs alone. */
  capacity: number
  /** How many of one client's may wait. */
  longestQueue: number
  /** Milliseconds that each may wait. */
  patienceMs: number
  /** Milliseconds in which nothing new begins after work of a weight has ended. */
  restAfter?: (weight: number) => number
}

interface Waiting {
  readonly weight: number
  begin(): void
  reject(reason: Fault): void
}

/** Clients take turns, each with its work in the order in which it came. */
export function createTurns(options: TurnsOptions): Turns {
  const { capacity, longestQueue, patienceMs, restAfter = () => 0 } = options
  /** By client; the one whose turn it is first. */
  const queues = new Map<string, Set<Waiting>>()
  let underWay = 0
  let waiting = 0
  let rest: NodeJS.Timeout | undefined
  let restEnd = 0
  let isOpen = true

  const fits = (weight: number) =>
    isOpen && rest === undefined && (underWay === 0 || underWay + weight <= capacity)

  const begin = (weight: number): (() => void) => {
    underWay += weight
    let ended = false
    return () => {
      if (ended) return
      ended = true
      underWay -= weight
      const pause = restAfter(weight)
      if (pause > 0) restFor(pause)
      beginNext()
    }
  }
  const restFor = (ms: number) => {
    const end = performance.now() + ms
    if (end <= restEnd) return
    restEnd = end
    clearTimeout(rest)
    rest = setTimeout(() => {
      rest = undefined
      beginNext()
    }, ms)
    rest.unref()
  }
  const beginNext = () => {
    for (const [client, queue] of queues) {
      const [first] = queue
      if (first === undefined) continue
      if (!fits(first.weight)) return
      first.begin()
      // To the end of the line, with what is left.
      if (queues.delete(client) && queue.size > 0) queues.set(client, queue)
    }
  }
  const enqueue = (client: string, weight: number): Promise<() => void> => {
    const queue = queues.getOrInsertComputed(client, () => new Set<Waiting>())
    if (queue.size >= longestQueue)
      return Promise.reject(busy(`${queue.size} operations of this client wait already`))
    const { promise, resolve, reject } = Promise.withResolvers<() => void>()
    const leave = () => {
      patience[Symbol.dispose]()
      queue.delete(entry)
      waiting--
    }
    const entry: Waiting = {
      weight,
      begin: () => {
        leave()
        resolve(begin(weight))
      },
      reject: (reason) => {
        leave()
        if (queue.size === 0) queues.delete(client)
        reject(reason)
        beginNext()
      },
    }
    const patience = startTimeout(patienceMs, () =>
      entry.reject(busy(`its turn did not come within ${patienceMs / 1000} s`)),
    )
    queue.add(entry)
    waiting++
    return promise
  }

  return {
    take: (client, weight) =>
      waiting === 0 && fits(weight) ? Promise.resolve(begin(weight)) : enqueue(client, weight),
    get waiting() {
      return waiting
    },
    [Symbol.dispose]: () => {
      isOpen = false
      clearTimeout(rest)
      const reason = busy('the server stops')
      for (const queue of [...queues.values()]) for (const entry of [...queue]) entry.reject(reason)
    },
  }
}

function busy(reason: string): Fault {
  return new Fault(
    'BUSY',
    `Expected a turn for this operation; ${reason}: ask again later, for less at once`,
  )
}
