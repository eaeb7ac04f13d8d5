import { MessageType, stringifyMessage } from 'graphql-ws'
import type { Taker } from '../supply.ts'
import type { LiveStream } from './live-stream.ts'
import type { Answer } from './subscription-group.ts'
import { formatted, type Tell } from './told-error.ts'
import type { ConnectionContext } from './websocket-connection.ts'

/** After so many messages in a row others get their turn, though this socket takes all at once. */
const MESSAGES_A_TURN = 100

const over = { value: undefined, done: true } as const

/**
 * Sends a stream's answers to one subscriber. Takes the next event only when the socket has drained: what happens
 * meanwhile is for the source to keep, or to leave out.
 *
 * graphql-ws waits in an async function while a subscription lasts, and keeps all that it began with, which would be
 * half of what a subscriber takes. So it is given an iterator that is over at once, as if the client had completed
 * it; after that `begin` puts the delivery where graphql-ws looks for the operations that go on, so that an id is not
 * given twice, and `complete` and the end of the connection end it.
 */
export class SubscriptionSender implements AsyncIterableIterator<never, undefined>, Taker {
  readonly #stream: LiveStream
  readonly #context: ConnectionContext
  readonly #id: string
  readonly #idInJson: string
  readonly #tell: Tell
  /** Came late, when another message was in the way. */
  #held: Answer | undefined
  #isOpen = true

  /** Counts as a subscription of the connection until it is closed. */
  constructor(
    stream: LiveStream,
    { context, id, tell }: { context: ConnectionContext; id: string; tell: Tell },
  ) {
    this.#stream = stream
    this.#context = context
    this.#id = id
    this.#idInJson = asciiJson(id)
    this.#tell = tell
  }

  /** Nothing more, for graphql-ws. */
  async next(): Promise<typeof over> {
    delete this.#context.subscriptions[this.#id]
    return over
  }

  /** The client has gone, or wants no more. */
  async return(): Promise<typeof over> {
    this.#close()
    return over
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Begins to deliver, once graphql-ws has done with the message that asked for it. */
  begin(): void {
    if (!this.#isOpen) return
    this.#context.subscriptions[this.#id] = this
    this.ready()
  }

  ready(): void {
    const { frames } = this.#context.extra
    for (let sent = 0; this.#isOpen; sent++) {
      if (!frames.isDrained) {
        frames.whenDrained(this)
        return
      }
      if (sent === MESSAGES_A_TURN) {
        setImmediate(() => this.ready())
        return
      }
      const answer = this.#next()
      if (answer === undefined) return
      frames.send(this.#idInJson, answer.payload)
    }
  }

  /** undefined: there will be one later, or never again. */
  #next(): Answer | undefined {
    const held = this.#held
    if (held !== undefined) {
      this.#held = undefined
      return held
    }
    const { events } = this.#stream
    try {
      const event = events.take()
      if (event !== undefined) {
        const answer = this.#stream.answer(event)
        if (!(answer instanceof Promise)) return answer
        void answer.then((settled) => {
          this.#held = settled
          this.ready()
        })
      } else if (events.isOpen) events.whenReady(this)
      else this.#end()
    } catch (error) {
      const { extra } = this.#context
      const payload = { errors: [formatted(this.#tell(error))] }
      extra.send(stringifyMessage({ id: this.#id, type: MessageType.Next, payload }))
      this.#end()
    }
    return undefined
  }

  #end(): void {
    this.#close()
    delete this.#context.subscriptions[this.#id]
    this.#context.extra.send(stringifyMessage({ id: this.#id, type: MessageType.Complete }))
  }

  #close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#context.extra.subscriptions--
    this.#stream.close()
  }
}

/** What stands between the quotes of a string in JSON, in ASCII alone, whatever is in it. */
function asciiJson(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return text
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(
      /[\u0080-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
}
