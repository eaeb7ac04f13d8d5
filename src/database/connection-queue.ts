import { Fault } from '../fault.ts'
import { startPatience } from '../patience.ts'
import { type Operation, operationTimeout } from './operation.ts'

/**
 * Lends a bounded number of connections, each for a statement or a transaction; who finds none waits in turn.
 *
 * No operation keeps others from their turn: an operation has a few connections at a time, a client all but two, and
 * half of the queue. Clients are served one after the other, of each client its operations one after the other, of
 * each operation its statements as they came. What belongs to no operation has no such share: first come, first
 * served, and to the others all of it is one more client.
 *
 * An operation that is given no connection for so long is told BUSY. While it has as many as it may have, it waits
 * for nobody but itself: then only its own time ends that.
 */
export interface ConnectionQueue {
  /**
   * Resolves with what gives the connection back. Rejects with BUSY where the queue or the client's part of it is
   * full, or the patience over; with QUERY_TIMEOUT where the operation's time is over; and with the reason of
   * `turnAway`.
   */
  enter(operation?: Operation): Promise<() => void>
  /** Rejects everyone who waits. */
  turnAway(reason: Error): void
  readonly inUse: number
  readonly waiting: number
  /** How long the one who has waited longest for a connection of others has done so, in milliseconds. */
  readonly waitedMs: number
}

export interface ConnectionQueueOptions {
  connections: number
  /** How many statements may wait. */
  longest: number
  /** Milliseconds for which an operation waits for one connection. */
  patienceMs: number
}

const MOST_PER_OPERATION = 3
/** By each client, where there are more than three. */
const LEFT_FOR_OTHERS = 2
const ALL = Number.POSITIVE_INFINITY

/** Of a client; or, without a name, of all that belongs to no operation. */
interface Share {
  readonly name: string | undefined
  readonly mostInUse: number
  readonly mostWaiting: number
  inUse: number
  waiting: number
  /** Those of its operations that wait, in the order of their turns. */
  readonly turns: Set<Line>
}

/** What an operation has, and its statements that wait, in the order in which they came. */
interface Line {
  readonly share: Share
  readonly operation: Operation | undefined
  inUse: number
  readonly statements: Set<Statement>
  /** Since when it waits for others, by `performance.now()`. */
  since: number
  patience: Disposable | undefined
  deadline: Disposable | undefined
}

interface Statement {
  begin(giveBack: () => void): void
  refuse(reason: Error): void
}

export function openConnectionQueue(options: ConnectionQueueOptions): ConnectionQueue {
  const { connections, longest, patienceMs } = options
  const shares = new Map<string, Share>()
  const lines = new Map<Operation, Line>()
  const nobody = shareOut(undefined, options)
  /** The clients that wait, in the order of their turns. */
  const turns = new Set<Share>()
  let inUse = 0
  let waiting = 0

  const shareOf = (name: string): Share => {
    const share = shares.get(name) ?? shareOut(name, options)
    shares.set(name, share)
    return share
  }
  const lineOf = (operation: Operation | undefined): Line => {
    if (operation === undefined) return lineUp(nobody, undefined)
    const line = lines.get(operation) ?? lineUp(shareOf(operation.client), operation)
    lines.set(operation, line)
    return line
  }
  const forget = ({ operation, share }: Line): void => {
    if (operation !== undefined) lines.delete(operation)
    if (share.name !== undefined && share.inUse + share.waiting === 0) shares.delete(share.name)
  }

  const lend = (line: Line): (() => void) => {
    inUse += 1
    line.share.inUse += 1
    line.inUse += 1
    let isBack = false
    return () => {
      if (isBack) return
      isBack = true
      inUse -= 1
      line.share.inUse -= 1
      line.inUse -= 1
      lendOn()
      watch(line)
    }
  }
  const lendOn = (): void => {
    while (inUse < connections) {
      const line = nextLine(turns)
      const [statement] = line?.statements ?? []
      if (line === undefined || statement === undefined) return
      leave(line, statement)
      // Whoever waits on after its turn comes last.
      if (line.share.turns.delete(line)) line.share.turns.add(line)
      if (turns.delete(line.share)) turns.add(line.share)
      endPatience(line)
      const giveBack = lend(line)
      watch(line)
      statement.begin(giveBack)
    }
  }

  const join = (line: Line, statement: Statement): void => {
    line.statements.add(statement)
    line.share.turns.add(line)
    turns.add(line.share)
    line.share.waiting += 1
    waiting += 1
  }
  const leave = (line: Line, statement: Statement): void => {
    line.statements.delete(statement)
    if (line.statements.size === 0) line.share.turns.delete(line)
    if (line.share.turns.size === 0) turns.delete(line.share)
    line.share.waiting -= 1
    waiting -= 1
  }
  const refuseAll = (line: Line, reason: Error): void => {
    for (const statement of [...line.statements]) {
      leave(line, statement)
      statement.refuse(reason)
    }
    watch(line)
  }

  /** After each change: what a line waits for has an end, and what neither waits nor has anything is forgotten. */
  const watch = (line: Line): void => {
    const waits = line.statements.size > 0
    if (!waits || line.inUse >= MOST_PER_OPERATION) endPatience(line)
    else if (line.patience === undefined) {
      line.since = performance.now()
      line.patience = startPatience(patienceMs, () => refuseAll(line, busy(line)))
    }
    if (waits) {
      line.deadline ??= line.operation?.onOver(() => refuseAll(line, operationTimeout()))
      return
    }
    line.deadline?.[Symbol.dispose]()
    line.deadline = undefined
    if (line.inUse === 0) forget(line)
  }

  const busy = ({ share }: Line): Fault =>
    share.inUse < share.mostInUse
      ? new Fault(
          'BUSY',
          `Expected one of ${connections} connections to the database to become free within ${patienceMs / 1000} s; all are in use, and ${waiting} requests wait: try again later, ask for less at once, or raise DATABASE_POOL_SIZE`,
        )
      : new Fault(
          'BUSY',
          `Expected one of the ${share.mostInUse} connections to the database that a client may use at a time to become free within ${patienceMs / 1000} s; ${share.waiting} requests of this client wait: ask for less at once, or raise DATABASE_POOL_SIZE`,
        )
  const full = ({ share }: Line): Fault =>
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
    enter: (operation) => {
      if (operation?.isOver) return Promise.reject(operationTimeout())
      const line = lineOf(operation)
      // Of those who wait nobody may have it, or it would not be free.
      if (inUse < connections && mayHaveMore(line)) return Promise.resolve(lend(line))
      if (waiting >= longest || line.share.waiting >= line.share.mostWaiting) {
        watch(line)
        return Promise.reject(full(line))
      }
      const { promise, resolve, reject } = Promise.withResolvers<() => void>()
      join(line, { begin: resolve, refuse: reject })
      watch(line)
      return promise
    },
    turnAway: (reason) => {
      for (const share of [...turns]) for (const line of [...share.turns]) refuseAll(line, reason)
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
        [...turns].filter(mayHaveMore).map((line) => line.since),
      )
      return since.length === 0 ? 0 : performance.now() - Math.min(...since)
    },
  }
}

function shareOut(
  name: string | undefined,
  { connections, longest }: ConnectionQueueOptions,
): Share {
  const own = { name, inUse: 0, waiting: 0, turns: new Set<Line>() }
  if (name === undefined) return { ...own, mostInUse: ALL, mostWaiting: longest }
  return {
    ...own,
    mostInUse: connections > 3 ? connections - LEFT_FOR_OTHERS : ALL,
    mostWaiting: Math.ceil(longest / 2),
  }
}

function lineUp(share: Share, operation: Operation | undefined): Line {
  return {
    share,
    operation,
    inUse: 0,
    statements: new Set(),
    since: 0,
    patience: undefined,
    deadline: undefined,
  }
}

function nextLine(turns: ReadonlySet<Share>): Line | undefined {
  for (const share of turns) for (const line of share.turns) if (mayHaveMore(line)) return line
  return undefined
}

/** As far as its share goes. */
function mayHaveMore({ share, inUse }: Line): boolean {
  return inUse < MOST_PER_OPERATION && share.inUse < share.mostInUse
}

function endPatience(line: Line): void {
  line.patience?.[Symbol.dispose]()
  line.patience = undefined
}
