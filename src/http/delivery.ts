import type { ExecutionResult } from 'graphql'
import type { LiveStream } from './live-stream.ts'
import type { Outlet } from './outlet.ts'
import type { Answer } from './subscription-group.ts'
import type { Tell } from './told-error.ts'

/** After so many messages in a row others get their turn, though this socket takes all at once. */
const MESSAGES_A_TURN = 100

type Ending = IteratorResult<ExecutionResult, undefined>
const ended: Ending = { value: undefined, done: true }

/**
 * Sends a stream's answers to one subscriber, as what graphql-ws takes for the result of the operation: an iterator
 * that yields nothing until the stream ends, so that graphql-ws says the rest of the protocol. Asks for the next
 * event only when the socket has drained: what happens meanwhile is for the source to keep, or to leave out.
 */
export class Delivery implements AsyncIterableIterator<ExecutionResult, undefined> {
  readonly #stream: LiveStream
  readonly #outlet: Outlet
  readonly #head: string
  readonly #tell: Tell
  readonly #onClose: () => void
  #end: PromiseWithResolvers<Ending> | undefined
  #isOpen = true
  #sent = 0

  constructor(
    stream: LiveStream,
    id: string,
    { outlet, tell, onClose }: { outlet: Outlet; tell: Tell; onClose: () => void },
  ) {
    this.#stream = stream
    this.#outlet = outlet
    this.#tell = tell
    this.#onClose = onClose
    this.#head = `{"id":${asciiJson(id)},"type":"next","payload":`
  }

  /** Begins to deliver; resolves once there is nothing more, with the error where there is one. */
  next(): Promise<Ending> {
    if (!this.#isOpen) return Promise.resolve(ended)
    this.#end = Promise.withResolvers()
    this.#ask()
    return this.#end.promise
  }

  /** The client has gone, or wants no more. */
  async return(): Promise<Ending> {
    await this.#close(ended)
    return ended
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  readonly #ask = (): void => {
    if (!this.#isOpen) return
    if (++this.#sent % MESSAGES_A_TURN === 0) setImmediate(this.#askNow)
    else this.#askNow()
  }
  readonly #askNow = (): void => void this.#stream.next().then(this.#take, this.#fail)

  readonly #take = ({ value, done }: IteratorResult<unknown>): void => {
    if (!this.#isOpen) return
    if (done) return void this.#close(ended)
    const answer = this.#stream.answer(value)
    if (answer instanceof Promise) void answer.then(this.#send)
    else this.#send(answer)
  }

  readonly #send = (answer: Answer): void => {
    const outlet = this.#outlet
    if (!this.#isOpen) return
    if (!outlet.isDrained) {
      // Another message of the socket is in the way.
      outlet.whenDrained(() => this.#send(answer))
      return
    }
    outlet.send(this.#head, answer.payload)
    if (outlet.isDrained) this.#ask()
    else outlet.whenDrained(this.#ask)
  }

  readonly #fail = (error: unknown): void => {
    if (this.#isOpen) void this.#close({ value: { errors: [this.#tell(error)] }, done: false })
  }

  async #close(last: Ending): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#onClose()
    this.#end?.resolve(last)
    await this.#stream.close()
  }
}

/** A string as JSON of ASCII alone, whatever is in it. */
function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
