/** Milliseconds of work on events before others of this process have their turn. */
const SLICE_MS = 8
/** Events of one client, and of all, that may wait for the database at a time. A client may always have one. */
const MOST_OF_ONE = 16
const MOST = 64

/** The events of one client. */
interface Line {
  /** Started, and not settled. */
  underWay: number
  readonly waiting: Set<WaitingEvent>
}

/** An event that waits for its turn. */
export interface WaitingEvent {
  begin(): void
  /** Has it settled without being executed. */
  drop(): void
}

/**
 * Executes events in slices: a reading may be an event of thousands of different subscriptions. Within a turn of the
 * event loop as many as a slice holds are executed at once; the others wait, and clients take turns.
 */
export class EventTurns {
  /** Of clients with events that are under way or wait. The client whose turn it is comes first. */
  readonly #lines = new Map<string, Line>()
  #underWay = 0
  #waiting = 0
  /** Milliseconds that this slice has worked. */
  #worked = 0
  #isSliced = false

  /**
   * Returns what `execute` returns, or a promise of it if it has to wait. Meanwhile the event is among `waiting`, for
   * `drop`: then it is `dropped` instead.
   */
  run<Result>(
    client: string,
    waiting: Set<WaitingEvent>,
    { execute, dropped }: { execute: () => Result | Promise<Result>; dropped: Result },
  ): Result | Promise<Result> {
    const line = this.#lines.getOrInsertComputed(client, newLine)
    if (this.#waiting === 0 && this.#mayBegin(line)) return this.#begin(client, line, execute)
    return new Promise((resolve, reject) => {
      const event: WaitingEvent = {
        begin: () => {
          waiting.delete(event)
          try {
            resolve(this.#begin(client, line, execute))
          } catch (error) {
            reject(error)
          }
        },
        drop: () => resolve(dropped),
      }
      waiting.add(event)
      line.waiting.add(event)
      this.#waiting += 1
      this.#slice()
    })
  }

  /** Never executes these events of a client, which nobody wants any more. */
  drop(client: string, waiting: Set<WaitingEvent>): void {
    const line = this.#lines.get(client)
    for (const event of waiting) {
      if (line?.waiting.delete(event)) this.#waiting -= 1
      event.drop()
    }
    waiting.clear()
    if (line !== undefined) this.#forgetIfIdle(client, line)
  }

  #mayBegin({ underWay }: Line): boolean {
    if (this.#worked >= SLICE_MS) return false
    return underWay === 0 || (underWay < MOST_OF_ONE && this.#underWay < MOST)
  }

  #begin<Result>(
    client: string,
    line: Line,
    execute: () => Result | Promise<Result>,
  ): Result | Promise<Result> {
    this.#slice()
    line.underWay += 1
    this.#underWay += 1
    const end = () => {
      line.underWay -= 1
      this.#underWay -= 1
      this.#forgetIfIdle(client, line)
      if (this.#waiting > 0) this.#slice()
    }
    const start = performance.now()
    let result: Result | Promise<Result> | undefined
    try {
      result = execute()
      return result
    } finally {
      this.#worked += performance.now() - start
      if (result instanceof Promise) result.then(end, end)
      else end()
    }
  }

  /** Ends this slice before Node's next turn, in which the next one begins. */
  #slice(): void {
    if (this.#isSliced) return
    this.#isSliced = true
    setImmediate(() => {
      this.#isSliced = false
      this.#worked = 0
      this.#beginWaiting()
    })
  }

  #beginWaiting(): void {
    let isStuck = false
    while (this.#waiting > 0 && !isStuck) {
      isStuck = true
      for (const [client, line] of this.#lines) {
        const [next] = line.waiting
        if (next === undefined || !this.#mayBegin(line)) continue
        isStuck = false
        line.waiting.delete(next)
        this.#waiting -= 1
        // To the end of the line of clients.
        this.#lines.delete(client)
        this.#lines.set(client, line)
        next.begin()
        break
      }
    }
    if (this.#waiting > 0 && this.#worked >= SLICE_MS) this.#slice()
  }

  #forgetIfIdle(client: string, { underWay, waiting }: Line): void {
    if (underWay === 0 && waiting.size === 0) this.#lines.delete(client)
  }
}

function newLine(): Line {
  return { underWay: 0, waiting: new Set() }
}
