/** Whoever takes what a supply has. */
export interface Taker {
  /** There is something to take, or the supply has ended. Must not throw. */
  ready(): void
}

/**
 * Values for one who takes them when there is room for them: at once where something is there, and else after being
 * told, without a promise for each. It is an async iterator too, for those to whom a promise does not matter.
 */
export abstract class Supply<Value extends NonNullable<unknown>>
  implements AsyncIterableIterator<Value, undefined>
{
  #taker: Taker | undefined
  #failure: { error: unknown } | undefined
  #isOpen = true

  /** What is next of an open supply; undefined where nothing is to be taken now. */
  protected abstract pick(): Value | undefined
  /** Lets go of whatever it was supplied by, once it has ended. */
  protected abstract release(): void

  /** Once it has ended nothing follows, but for the error that `take` throws. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether somebody waits to be told. */
  get isAwaited(): boolean {
    return this.#taker !== undefined
  }

  /** What is next; undefined where there is nothing yet, or ever again. Throws, once, the error that it ended with. */
  take(): Value | undefined {
    if (this.#isOpen) return this.pick()
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
    return undefined
  }

  /** Tells the taker, once, when it is worth taking again. To be called after `take` has answered nothing. */
  whenReady(taker: Taker): void {
    this.#taker = taker
  }

  /** Something can be taken. */
  protected tell(): void {
    const taker = this.#taker
    this.#taker = undefined
    taker?.ready()
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

/** Any async iterable as a supply; it is asked for one value at a time, and only for one that is wanted. */
export function supplyFrom(source: AsyncIterable<unknown>): Supply<NonNullable<unknown>> {
  return source instanceof Supply ? source : new IteratedSupply(source[Symbol.asyncIterator]())
}

class IteratedSupply extends Supply<NonNullable<unknown>> {
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
    // What comes of it is nobody's any more.
    this.#values.return?.().catch(() => {})
  }
}
