/** Milliseconds of work on events before others of this process have their turn. */
const SLICE_MS = 8
/** Events of one client, and of all, that may wait for the database at a time. */
const MOST_OF_ONE = 16
const MOST = 64

/** The events of one client. */
interface Line {
  /** Started, and not settled. */
  underWay: number
  readonly waiting: (() => void)[]
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

  /** Returns what `execute` returns, or a promise of it if it has to wait. */
  run<Result>(client: string, execute: () => Result | Promise<Result>): Result | Promise<Result> {
    const line = this.#lines.getOrInsertComputed(client, newLine)
    if (this.#waiting === 0 && this.#mayBegin(line)) return this.#begin(client, line, execute)
    this.#waiting += 1
    return new Promise((resolve, reject) => {
      line.waiting.push(() => {
        try {
          resolve(this.#begin(client, line, execute))
        } catch (error) {
          reject(error)
        }
      })
      this.#slice()
    })
  }

  #mayBegin({ underWay }: Line): boolean {
    return this.#worked < SLICE_MS && this.#underWay < MOST && underWay < MOST_OF_ONE
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
      if (line.underWay === 0 && line.waiting.length === 0) this.#lines.delete(client)
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
        if (!this.#mayBegin(line)) continue
        const next = line.waiting.shift()
        if (next === undefined) continue
        isStuck = false
        this.#waiting -= 1
        // To the end of the line of clients.
        this.#lines.delete(client)
        this.#lines.set(client, line)
        next()
        break
      }
    }
    if (this.#waiting > 0 && this.#worked >= SLICE_MS) this.#slice()
  }
}

function newLine(): Line {
  return { underWay: 0, waiting: [] }
}
