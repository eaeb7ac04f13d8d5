import { PullQueue } from '../../pull-queue.ts'

/** A longer timer would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * A conflating queue of one subscriber: the newest value of each key, never a backlog, with at least `minIntervalMs`
 * between two values of the same key. Thousands of these are empty most of the time, so the maps are created on
 * demand.
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

  /** Returns the value that has waited longest among those that are due. */
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

  /** Returns how long a value of the key still has to wait. If it is due, marks it as taken. */
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
