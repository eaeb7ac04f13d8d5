import { Fault } from '../fault.ts'
import { startTimeout } from '../timeout.ts'
import { type Operation, operationTimeout } from './operation.ts'

/**
 * Lends a bounded number of connections, each for one statement or one transaction. If none is free, the caller waits.
 *
 * Fair by round robin on two levels: clients take turns, and within a client its operations take turns; the statements
 * of one operation are served in order. An operation has at most 3 connections at a time. A client has at most all but
 * 2 connections, and at most half of the places in the queue. What belongs to no operation counts as one more client
 * without these limits.
 *
 * States of an operation:
 * - IDLE: it holds no connection and waits for none; it is forgotten.
 * - RUNNING: it holds connections and waits for none.
 * - WAITING: a statement waits for a connection that others hold. After `timeoutMs` it is rejected with BUSY.
 * - AT ITS LIMIT: a statement waits, and the operation holds as many connections as it may. It waits only for itself,
 *   so no timeout runs.
 * In the last two the deadline of the operation rejects what waits with QUERY_TIMEOUT.
 */
export interface ConnectionQueue {
  /**
   * Resolves with a function that gives the connection back. Rejects with BUSY if the queue or the client's part of it
   * is full, or if the timeout expires; with QUERY_TIMEOUT if the operation is past its deadline; and with the reason
   * of `rejectAll`.
   */
  acquire(operation?: Operation): Promise<() => void>
  /** Rejects all that wait. */
  rejectAll(reason: Error): void
  readonly inUse: number
  readonly waiting: number
  /** Milliseconds that the oldest WAITING operation has waited. */
  readonly waitedMs: number
}

export interface ConnectionQueueOptions {
  connections: number
  /** How many statements may wait. */
  longest: number
  /** Milliseconds for which an operation waits for one connection. */
  timeoutMs: number
}

const MOST_PER_OPERATION = 3
/** Of more than 3 connections, how many no client may take. */
const LEFT_FOR_OTHERS = 2
const ALL = Number.POSITIVE_INFINITY

/** What one client holds and waits for; without a name, all that belongs to no operation. */
interface ClientShare {
  readonly name: string | undefined
  readonly mostInUse: number
  readonly mostWaiting: number
  inUse: number
  waiting: number
  /** Its operations that wait, in the order of their turns. */
  readonly turns: Set<OperationQueue>
}

/** What one operation holds, and its statements that wait, in order. */
interface OperationQueue {
  readonly share: ClientShare
  readonly operation: Operation | undefined
  inUse: number
  readonly waiters: Set<Waiter>
  /** Since when it is WAITING, by `performance.now()`. */
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
      // If it still waits, it goes to the end of the line.
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

  /** To be called after each change of a queue: starts and clears its timeout and deadline, and forgets it if IDLE. */
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
          `No connection to the database was free within ${timeoutMs / 1000} s: all ${connections} are in use, and ${waiting} requests wait. Try again later, ask for less at once, or raise DATABASE_POOL_SIZE`,
        )
      : new Fault(
          'BUSY',
          `No connection to the database was free within ${timeoutMs / 1000} s: this client uses all ${share.mostInUse} that it may use at a time, and ${share.waiting} requests of this client wait. Ask for less at once, or raise DATABASE_POOL_SIZE`,
        )
  const full = ({ share }: OperationQueue): Fault =>
    waiting >= longest
      ? new Fault(
          'BUSY',
          `Too many requests wait for a connection to the database: ${waiting} requests wait, the most that may. Try again later, or raise DATABASE_POOL_SIZE`,
        )
      : new Fault(
          'BUSY',
          `Too many requests of this client wait for a connection to the database: ${share.waiting} requests of this client wait, the most that may. Ask for less at once, or raise DATABASE_POOL_SIZE`,
        )

  return {
    acquire: (operation) => {
      if (operation?.isOver) return Promise.reject(operationTimeout())
      const queue = queueOf(operation)
      // If a connection is free, no waiter may have it, so none is passed over.
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

/** Whether the limits of the operation and its client allow one more connection. */
function mayHaveMore({ share, inUse }: OperationQueue): boolean {
  return inUse < MOST_PER_OPERATION && share.inUse < share.mostInUse
}

function clearWaitTimeout(queue: OperationQueue): void {
  queue.timeout?.[Symbol.dispose]()
  queue.timeout = undefined
}
