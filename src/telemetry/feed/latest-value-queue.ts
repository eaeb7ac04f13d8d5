import { PullQueue } from '../../pull-queue.ts'

/** A longer timer would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * What one subscriber has yet to be sent: the newest value for each key, never a backlog, with at least
 * `minIntervalMs` between two of them for the same key. Thousands of these wait for most of the time, so what holds
 * values is made when there are some.
 */
export class LatestValueQueue<Value extends NonNullable<unknown>> extends PullQueue<Value> {
  readonly #minIntervalMs: number
  #waiting: Map<number, Value> | undefined
  #takenAt: Map<number, number> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(minIntervalMs = 0) {
    super()
    this.#minIntervalMs = minIntervalMs
  }

  post(key: number, value: Value): void {
    if (!this.isOpen) return
    this.#waiting ??= new Map()
    this.#waiting.set(key, value)
    this.tell()
  }

  /** What waits longest among the values that are due. */
  protected override pick(): Value | undefined {
    const waiting = this.#waiting
    if (waiting === undefined) return undefined
    let dueInMs = Number.POSITIVE_INFINITY
    for (const [key, value] of waiting) {
      const wait = this.#wait(key)
      if (wait <= 0) {
        waiting.delete(key)
        if (waiting.size === 0) this.#waiting = undefined
        return value
      }
      dueInMs = Math.min(dueInMs, wait)
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.tell(), Math.min(Math.ceil(dueInMs), LONGEST_TIMER_MS))
    return undefined
  }

  /** How long a value of the key has to wait still; where it has not, it counts as taken. */
  #wait(key: number): number {
    if (this.#minIntervalMs === 0) return 0
    const now = performance.now()
    this.#takenAt ??= new Map()
    const last = this.#takenAt.get(key)
    const wait = last === undefined ? 0 : last + this.#minIntervalMs - now
    if (wait <= 0) this.#takenAt.set(key, now)
    return wait
  }

  protected override release(): void {
    clearTimeout(this.#timer)
    this.#waiting = undefined
    this.#takenAt = undefined
  }
}
