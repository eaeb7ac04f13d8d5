import { PullQueue } from '../../pull-queue.ts'

/**
 * A bounded queue between a source and the one who reads it. What is in it when it ends with an error is dropped,
 * since whoever reads can have it again.
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

  /** Since when something waits for the reader to take it, on a clock that never jumps; undefined: nothing does. */
  get waitingSince(): number | undefined {
    return this.#waitingSince
  }

  /** Answers false where there is no room: the value is not in it then. */
  push(value: Value): boolean {
    if (!this.isOpen) return true
    if (this.#queue.length >= this.#size) return false
    this.#add(value)
    return true
  }

  /** As much as it is, for who waits with more until it has shrunk. */
  fill(values: readonly Value[]): void {
    for (const value of values) if (this.isOpen) this.#add(value)
  }

  /** Resolves once no more than so many values wait, or the window is closed. For one who asks at a time. */
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
