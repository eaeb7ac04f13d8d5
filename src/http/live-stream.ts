import type { PullQueue } from '../pull-queue.ts'
import type { Answer, SubscriptionGroup } from './operations/subscription-group.ts'

/** One subscriber's own events, and the answers to them, which its group shares. */
export class LiveStream {
  readonly events: PullQueue<NonNullable<unknown>>
  readonly #group: SubscriptionGroup
  readonly #client: string
  #isOpen = true

  /** Of a client that has joined the group. */
  constructor(events: PullQueue<NonNullable<unknown>>, group: SubscriptionGroup, client: string) {
    this.events = events
    this.#group = group
    this.#client = client
  }

  /** Never rejects: what fails is told in the answer. */
  answer(event: unknown): Answer | Promise<Answer> {
    return this.#group.answer(event)
  }

  /** Lets go of the events, however often it is called. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#group.leave(this.#client)
    this.events.close()
  }
}
