import { PullQueue } from '../../pull-queue.ts'

/**
 * A bounded queue between a source and its reader. If it ends with an error, its values are dropped, because the
 * reader can request them again.
 */
export class BoundedQueue<Value extends NonNullable<unknown>> extends PullQueue<Value> {
  readonly #size: number
  readonly #onClose: () => void
  readonly #queue: Value[] = []
  #shrunk: { to: number; done: PromiseWithResolvers<void> } | undefined
  #waitingSince: number | undefined

  constructor({ size, onClose }: { size: number; onClose: () => void }) {
    super()
    this.#size = size
    this.#onClose = onClose
  }

  /** Since when a value has been waiting for the reader, on a monotonic clock; undefined if none is waiting. */
  get waitingSince(): number | undefined {
    return this.#waitingSince
  }

  /** Returns false if the queue is full: the value was not added. */
  push(value: Value): boolean {
    if (!this.isOpen) return true
    if (this.#queue.length >= this.#size) return false
    this.#add(value)
    return true
  }

  /** Adds all values, whatever the size. For a caller that then waits for `shrunk`. */
  fill(values: readonly Value[]): void {
    for (const value of values) if (this.isOpen) this.#add(value)
  }

  /** Resolves once at most `to` values are waiting, or the queue is closed. Supports one caller at a time. */
  async shrunk(to: number): Promise<void> {
    if (!this.isOpen || this.#queue.length <= to) return
    const done = Promise.withResolvers<void>()
    this.#shrunk = { to, done }
    await done.promise
  }

  #add(value: Value): void {
    this.#queue.push(value)
    this.#waitingSince ??= performance.now()
    this.tell()
  }

  protected override pick(): Value | undefined {
    const value = this.#queue.shift()
    if (value === undefined) return undefined
    this.#waitingSince = this.#queue.length > 0 ? performance.now() : undefined
    if (this.#shrunk !== undefined && this.#queue.length <= this.#shrunk.to) this.#tellShrunk()
    return value
  }

  #tellShrunk(): void {
    this.#shrunk?.done.resolve()
    this.#shrunk = undefined
  }

  protected override release(): void {
    this.#queue.length = 0
    this.#waitingSince = undefined
    this.#tellShrunk()
    this.#onClose()
  }
}
