import { Fault } from '../../fault.ts'
import { startTimeout } from '../../timeout.ts'
import { errorWithStatus } from '../errors.ts'

/** Lets operations begin by what they cost, in the unit of operation-cost.ts. */
export interface Admission extends Disposable {
  /** Opens the turn of a request, whose client may leave while it waits. */
  openTurn(client: string, isGone: () => boolean): Turn
  /** Notes light work that takes no turn: an answer that was given again. Heavy work leaves time for more of it. */
  noteLight(): void
  /** Operations that wait. */
  readonly waiting: number
}

/** The turn of a request: first to be parsed, then to be executed. It ends when it is disposed. */
export interface Turn extends Disposable {
  /** Ends what the turn was taken for before. Resolves when work of this cost may begin; may reject with `BUSY`. */
  take(cost: number): Promise<void>
}

/** Up to here an operation takes about two milliseconds: the newest readings, a page of 30, a chart of a day. */
const LIGHT_COST = 1000
/** So many light operations at once delay others by less than a quarter of a second. */
const MOST_LIGHT = 100
/** The most expensive operation and some others, so that one can wait for the database while another is executed. */
const HEAVY_CAPACITY = 100_000
/** A quarter of the time that an operation takes this process. */
const REST_MS_BY_COST = 0.0005
const RECENT_MS = 1000
const PATIENCE_MS = 10_000
/** Of one client, which may be a proxy of many. */
const LONGEST_QUEUE = { light: 2000, heavy: 200 }

/**
 * Light operations begin at once. Heavy ones take turns: few at a time, and with a rest after each while there are
 * light ones. This process does one thing at a time, and a light operation needs it several times: on arrival, and with
 * each result of the database.
 */
export function createAdmission(): Admission {
  let lastLight = Number.NEGATIVE_INFINITY
  const light = createFairQueue({
    capacity: MOST_LIGHT,
    longestQueue: LONGEST_QUEUE.light,
    patienceMs: PATIENCE_MS,
  })
  const heavy = createFairQueue({
    capacity: HEAVY_CAPACITY,
    longestQueue: LONGEST_QUEUE.heavy,
    patienceMs: PATIENCE_MS,
    restAfter: (cost) => (performance.now() - lastLight < RECENT_MS ? cost * REST_MS_BY_COST : 0),
  })
  const admit = (client: string, cost: number): Promise<() => void> => {
    if (cost > LIGHT_COST) return heavy.take(client, cost)
    lastLight = performance.now()
    return light.take(client, 1)
  }
  return {
    noteLight: () => {
      lastLight = performance.now()
    },
    openTurn: (client, isGone) => {
      let end = () => {}
      return {
        take: async (cost) => {
          end()
          end = () => {}
          if (cost > 0) {
            end = await admit(client, cost).catch((error: unknown) => {
              throw error instanceof Fault ? errorWithStatus(error) : error
            })
          }
          if (!isGone()) return
          throw new Fault('BAD_USER_INPUT', 'The connection was lost before the operation began')
        },
        [Symbol.dispose]: () => end(),
      }
    },
    get waiting() {
      return light.waiting + heavy.waiting
    },
    [Symbol.dispose]: () => {
      light[Symbol.dispose]()
      heavy[Symbol.dispose]()
    },
  }
}

/** Lets work begin in turns by client, so that nobody's work keeps everybody else waiting. */
export interface FairQueue extends Disposable {
  /**
   * Resolves when work of this weight may begin, with a function to be called once it has ended. Rejects with `BUSY` if
   * too much of this client's work waits already, or if it has waited for too long.
   */
  take(client: string, weight: number): Promise<() => void>
  readonly waiting: number
}

export interface FairQueueOptions {
  /** The weight of all work that runs at once. Work that is heavier by itself runs alone. */
  capacity: number
  /** How much of one client's work may wait. */
  longestQueue: number
  /** Milliseconds for which each may wait. */
  patienceMs: number
  /** Milliseconds for which nothing new begins after work of a weight has ended. */
  restAfter?: (weight: number) => number
}

interface Waiting {
  readonly weight: number
  begin(): void
  reject(reason: Fault): void
}

/** Clients take turns, each with its work in the order in which it came. */
export function createFairQueue(options: FairQueueOptions): FairQueue {
  const { capacity, longestQueue, patienceMs, restAfter = () => 0 } = options
  /** By client. The client whose turn it is comes first. */
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
      entry.reject(busy(`the server is busy, and it waited for ${patienceMs / 1000} s`)),
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
    `This operation did not start: ${reason}. Try again later, or ask for less at once`,
  )
}
