import { Fault } from '../fault.ts'
import { startTimeout } from '../timeout.ts'
import { type Operation, operationTimeout } from './operation.ts'

/**
 * Lends a bounded number of connections, each for a waiter or a transaction; who finds none waits in turn.
 *
 * No operation keeps others from their turn: an operation has a few connections at a time, a client all but two, and
 * half of the queue. Clients are served one after the other, of each client its operations one after the other, of
 * each operation its waiters as they came. What belongs to no operation has no such share: first come, first
 * served, and to the others all of it is one more client.
 *
 * An operation that is given no connection for so long is told BUSY. While it has as many as it may have, it waits
 * for withoutOperation but itself: then only its own time ends that.
 */
export interface ConnectionQueue {
  /**
   * Resolves with what gives the connection back. Rejects with BUSY where the queue or the client's part of it is
   * full, or the timeout over; with QUERY_TIMEOUT where the operation's time is over; and with the reason of
   * `rejectAll`.
   */
  acquire(operation?: Operation): Promise<() => void>
  /** Rejects everyone who waits. */
  rejectAll(reason: Error): void
  readonly inUse: number
  readonly waiting: number
  /** How long the one who has waited longest for a connection of others has done so, in milliseconds. */
  readonly waitedMs: number
}

export interface ConnectionQueueOptions {
  connections: number
  /** How many waiters may wait. */
  longest: number
  /** Milliseconds for which an operation waits for one connection. */
  timeoutMs: number
}

const MOST_PER_OPERATION = 3
/** By each client, where there are more than three. */
const LEFT_FOR_OTHERS = 2
const ALL = Number.POSITIVE_INFINITY

/** Of a client; or, without a name, of all that belongs to no operation. */
interface ClientShare {
  readonly name: string | undefined
  readonly mostInUse: number
  readonly mostWaiting: number
  inUse: number
  waiting: number
  /** Those of its operations that wait, in the order of their turns. */
  readonly turns: Set<OperationQueue>
}

/** What an operation has, and its waiters that wait, in the order in which they came. */
interface OperationQueue {
  readonly share: ClientShare
  readonly operation: Operation | undefined
  inUse: number
  readonly waiters: Set<Waiter>
  /** Since when it waits for others, by `performance.now()`. */
  since: number
  timeout: Disposable | undefined
  deadline: Disposable | undefined
}

interface Waiter {
  resolve(release: () => void): void
  reject(reason: Error): void
}

export function openConnectionQueue(options: ConnectionQueueOptions): ConnectionQueue {
  const { connections, longest, timeoutMs } = options
  const shares = new Map<string, ClientShare>()
  const queues = new Map<Operation, OperationQueue>()
  const withoutOperation = newShare(undefined, options)
  /** The clients that wait, in the order of their turns. */
  const turns = new Set<ClientShare>()
  let inUse = 0
  let waiting = 0

  const shareOf = (name: string): ClientShare => {
    const share = shares.get(name) ?? newShare(name, options)
    shares.set(name, share)
    return share
  }
  const queueOf = (operation: Operation | undefined): OperationQueue => {
    if (operation === undefined) return newQueue(withoutOperation, undefined)
    const queue = queues.get(operation) ?? newQueue(shareOf(operation.client), operation)
    queues.set(operation, queue)
    return queue
  }
  const forget = ({ operation, share }: OperationQueue): void => {
    if (operation !== undefined) queues.delete(operation)
    if (share.name !== undefined && share.inUse + share.waiting === 0) shares.delete(share.name)
  }

  const lend = (queue: OperationQueue): (() => void) => {
    inUse += 1
    queue.share.inUse += 1
    queue.inUse += 1
    let isBack = false
    return () => {
      if (isBack) return
      isBack = true
      inUse -= 1
      queue.share.inUse -= 1
      queue.inUse -= 1
      serveNext()
      watch(queue)
    }
  }
  const serveNext = (): void => {
    while (inUse < connections) {
      const queue = nextQueue(turns)
      const [waiter] = queue?.waiters ?? []
      if (queue === undefined || waiter === undefined) return
      leave(queue, waiter)
      // Whoever waits on after its turn comes last.
      if (queue.share.turns.delete(queue)) queue.share.turns.add(queue)
      if (turns.delete(queue.share)) turns.add(queue.share)
      clearWaitTimeout(queue)
      const release = lend(queue)
      watch(queue)
      waiter.resolve(release)
    }
  }

  const join = (queue: OperationQueue, waiter: Waiter): void => {
    queue.waiters.add(waiter)
    queue.share.turns.add(queue)
    turns.add(queue.share)
    queue.share.waiting += 1
    waiting += 1
  }
  const leave = (queue: OperationQueue, waiter: Waiter): void => {
    queue.waiters.delete(waiter)
    if (queue.waiters.size === 0) queue.share.turns.delete(queue)
    if (queue.share.turns.size === 0) turns.delete(queue.share)
    queue.share.waiting -= 1
    waiting -= 1
  }
  const rejectWaiters = (queue: OperationQueue, reason: Error): void => {
    for (const waiter of [...queue.waiters]) {
      leave(queue, waiter)
      waiter.reject(reason)
    }
    watch(queue)
  }

  /** After each change: what a queue waits for has an end, and what neither waits nor has anything is forgotten. */
  const watch = (queue: OperationQueue): void => {
    const waits = queue.waiters.size > 0
    if (!waits || queue.inUse >= MOST_PER_OPERATION) clearWaitTimeout(queue)
    else if (queue.timeout === undefined) {
      queue.since = performance.now()
      queue.timeout = startTimeout(timeoutMs, () => rejectWaiters(queue, busy(queue)))
    }
    if (waits) {
      queue.deadline ??= queue.operation?.onOver(() => rejectWaiters(queue, operationTimeout()))
      return
    }
    queue.deadline?.[Symbol.dispose]()
    queue.deadline = undefined
    if (queue.inUse === 0) forget(queue)
  }

  const busy = ({ share }: OperationQueue): Fault =>
    share.inUse < share.mostInUse
      ? new Fault(
          'BUSY',
          `Expected one of ${connections} connections to the database to become free within ${timeoutMs / 1000} s; all are in use, and ${waiting} requests wait: try again later, ask for less at once, or raise DATABASE_POOL_SIZE`,
        )
      : new Fault(
          'BUSY',
          `Expected one of the ${share.mostInUse} connections to the database that a client may use at a time to become free within ${timeoutMs / 1000} s; ${share.waiting} requests of this client wait: ask for less at once, or raise DATABASE_POOL_SIZE`,
        )
  const full = ({ share }: OperationQueue): Fault =>
    waiting >= longest
      ? new Fault(
          'BUSY',
          `Expected at most ${longest} requests to wait for a connection to the database; ${waiting} requests wait: try again later, or raise DATABASE_POOL_SIZE`,
        )
      : new Fault(
          'BUSY',
          `Expected at most ${share.mostWaiting} requests of a client to wait for a connection to the database; ${share.waiting} requests of this client wait: ask for less at once, or raise DATABASE_POOL_SIZE`,
        )

  return {
    acquire: (operation) => {
      if (operation?.isOver) return Promise.reject(operationTimeout())
      const queue = queueOf(operation)
      // Of those who wait withoutOperation may have it, or it would not be free.
      if (inUse < connections && mayHaveMore(queue)) return Promise.resolve(lend(queue))
      if (waiting >= longest || queue.share.waiting >= queue.share.mostWaiting) {
        watch(queue)
        return Promise.reject(full(queue))
      }
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      join(queue, { resolve: resolve, reject: reject })
      watch(queue)
      return promise
    },
    rejectAll: (reason) => {
      for (const share of [...turns])
        for (const queue of [...share.turns]) rejectWaiters(queue, reason)
    },
    get inUse() {
      return inUse
    },
    get waiting() {
      return waiting
    },
    get waitedMs() {
      if (inUse < connections) return 0
      const since = [...turns].flatMap(({ turns }) =>
        [...turns].filter(mayHaveMore).map((queue) => queue.since),
      )
      return since.length === 0 ? 0 : performance.now() - Math.min(...since)
    },
  }
}

function newShare(
  name: string | undefined,
  { connections, longest }: ConnectionQueueOptions,
): ClientShare {
  const own = { name, inUse: 0, waiting: 0, turns: new Set<OperationQueue>() }
  if (name === undefined) return { ...own, mostInUse: ALL, mostWaiting: longest }
  return {
    ...own,
    mostInUse: connections > 3 ? connections - LEFT_FOR_OTHERS : ALL,
    mostWaiting: Math.ceil(longest / 2),
  }
}

function newQueue(share: ClientShare, operation: Operation | undefined): OperationQueue {
  return {
    share,
    operation,
    inUse: 0,
    waiters: new Set(),
    since: 0,
    timeout: undefined,
    deadline: undefined,
  }
}

function nextQueue(turns: ReadonlySet<ClientShare>): OperationQueue | undefined {
  for (const share of turns) for (const queue of share.turns) if (mayHaveMore(queue)) return queue
  return undefined
}

/** As far as its share goes. */
function mayHaveMore({ share, inUse }: OperationQueue): boolean {
  return inUse < MOST_PER_OPERATION && share.inUse < share.mostInUse
}

function clearWaitTimeout(queue: OperationQueue): void {
  queue.timeout?.[Symbol.dispose]()
  queue.timeout = undefined
}
