/** Whoever takes values from a queue. */
export interface Consumer {
  /** There is something to take, or the queue has ended. Must not throw. */
  ready(): void
}

/**
 * A queue from which one consumer pulls values when it has room for them: at once if there is one, else after it was
 * notified, without a promise for each value. It is an async iterator too, for consumers to whom a promise does not
 * matter. Its states:
 * - OPEN: `take` returns the next value, or undefined if there is none.
 * - AWAITED: open, and the consumer waits; the next value, or the end, notifies it once and leads back to OPEN.
 * - FAILED: `fail` ended it; the next `take` throws the error, and leads to CLOSED.
 * - CLOSED: nothing follows. What was not taken is dropped.
 */
export abstract class PullQueue<Value extends NonNullable<unknown>>
  implements AsyncIterableIterator<Value, undefined>
{
  #consumer: Consumer | undefined
  #failure: { error: unknown } | undefined
  #isOpen = true

  /** The next value of an open queue; undefined if there is none now. */
  protected abstract pick(): Value | undefined
  /** Releases the source of the values, once the queue has ended. */
  protected abstract release(): void

  /** OPEN or AWAITED. After the end nothing follows, except the error that `take` throws. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether the consumer waits to be notified. */
  get isAwaited(): boolean {
    return this.#consumer !== undefined
  }

  /** The next value; undefined if there is none yet, or ever again. Throws, once, the error that ended the queue. */
  take(): Value | undefined {
    if (this.#isOpen) return this.pick()
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
    return undefined
  }

  /** Notifies the consumer, once, when it is worth taking again. To be called after `take` has returned undefined. */
  whenReady(consumer: Consumer): void {
    this.#consumer = consumer
  }

  /** Notifies the consumer that something can be taken. */
  protected tell(): void {
    const consumer = this.#consumer
    this.#consumer = undefined
    consumer?.ready()
  }

  /** Ends it; what was not taken is dropped. */
  fail(error: unknown): void {
    if (!this.#isOpen) return
    this.#failure = { error }
    this.#end()
  }

  close(): void {
    if (this.#isOpen) this.#end()
  }

  #end(): void {
    this.#isOpen = false
    this.release()
    this.tell()
  }

  async next(): Promise<IteratorResult<Value, undefined>> {
    for (;;) {
      const value = this.take()
      if (value !== undefined) return { value, done: false }
      if (!this.#isOpen) return { value: undefined, done: true }
      await new Promise<void>((resolve) => this.whenReady({ ready: resolve }))
    }
  }

  async return(): Promise<IteratorResult<Value, undefined>> {
    this.close()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** Any async iterable as a queue; it is asked for one value at a time, and only if that is wanted. */
export function pullQueueOf(source: AsyncIterable<unknown>): PullQueue<NonNullable<unknown>> {
  return source instanceof PullQueue ? source : new IteratedQueue(source[Symbol.asyncIterator]())
}

class IteratedQueue extends PullQueue<NonNullable<unknown>> {
  readonly #values: AsyncIterator<unknown>
  #next: NonNullable<unknown> | undefined
  #isAsking = false

  constructor(values: AsyncIterator<unknown>) {
    super()
    this.#values = values
  }

  protected override pick(): NonNullable<unknown> | undefined {
    const value = this.#next
    this.#next = undefined
    if (value === undefined && !this.#isAsking) void this.#ask()
    return value
  }

  async #ask(): Promise<void> {
    this.#isAsking = true
    try {
      const { value, done } = await this.#values.next()
      this.#isAsking = false
      if (done) return this.close()
      this.#next = value ?? {}
      this.tell()
    } catch (error) {
      this.fail(error)
    }
  }

  protected override release(): void {
    // Nobody is left to whom an error would matter.
    this.#values.return?.().catch(() => {})
  }
}
