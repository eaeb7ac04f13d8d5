import type { Supply } from '../supply.ts'
import type { Answer, SubscriptionGroup } from './subscription-group.ts'

/** One subscriber's own events, and the answers to them, which its group shares. */
export class LiveStream {
  readonly events: Supply<NonNullable<unknown>>
  readonly #group: SubscriptionGroup
  #isOpen = true

  constructor(events: Supply<NonNullable<unknown>>, group: SubscriptionGroup) {
    this.events = events
    this.#group = group
  }

  /** Never rejects: what fails is told in the answer. */
  answer(event: unknown): Answer | Promise<Answer> {
    return this.#group.answer(event)
  }

  /** Lets go of the events, however often it is called. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#group.leave()
    this.events.close()
  }
}
