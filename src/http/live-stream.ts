import type { Answer, SubscriptionGroup } from './subscription-group.ts'

/** One subscriber's own events, and the answers to them, which its group shares. */
export class LiveStream {
  readonly #events: AsyncIterator<unknown>
  readonly #group: SubscriptionGroup
  readonly #leave: () => void
  #isOpen = true

  constructor(source: AsyncIterable<unknown>, group: SubscriptionGroup, leave: () => void) {
    this.#events = source[Symbol.asyncIterator]()
    this.#group = group
    this.#leave = leave
  }

  /** The next event; ask again only for the one after it. */
  next(): Promise<IteratorResult<unknown>> {
    return this.#events.next()
  }

  /** Never rejects: what fails is told in the answer. */
  answer(event: unknown): Answer | Promise<Answer> {
    return this.#group.answer(event)
  }

  /** Lets go of the events, however often it is called. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#leave()
    await this.#events.return?.()
  }
}
