import { MessageType, stringifyMessage } from 'graphql-ws'
import type { Consumer } from '../pull-queue.ts'
import { formatted, type Tell } from './errors.ts'
import type { LiveStream } from './live-stream.ts'
import type { Answer } from './operations/subscription-group.ts'
import type { Operation, WebSocketConnection } from './websocket-connection.ts'

/** After so many messages in a row others get their turn, though this socket takes all at once. */
const MESSAGES_A_TURN = 100

/**
 * A subscription that runs: sends a stream's answers to one subscriber. Takes the next event only when the socket has
 * drained: what happens meanwhile is for the source to keep, or to leave out.
 */
export class SubscriptionSender implements Operation, Consumer {
  readonly #stream: LiveStream
  readonly #connection: WebSocketConnection
  readonly #id: string
  readonly #idInJson: string
  readonly #tell: Tell
  /** Came late, when another message was in the way. */
  #held: Answer | undefined
  #isOpen = true

  /** Counts as a subscription of the connection until it is closed. */
  constructor(
    stream: LiveStream,
    { connection, id, tell }: { connection: WebSocketConnection; id: string; tell: Tell },
  ) {
    this.#stream = stream
    this.#connection = connection
    this.#id = id
    this.#idInJson = asciiJson(id)
    this.#tell = tell
  }

  /** Sends what there is, now and whenever there is more. */
  ready(): void {
    const { frames } = this.#connection
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
      if (!frames.isDrained) this.#connection.noteUnsent()
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
      const payload = { errors: [formatted(this.#tell(error))] }
      this.#connection.send(stringifyMessage({ id: this.#id, type: MessageType.Next, payload }))
      this.#end()
    }
    return undefined
  }

  #end(): void {
    this.close()
    this.#connection.operations.delete(this.#id)
    this.#connection.send(stringifyMessage({ id: this.#id, type: MessageType.Complete }))
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#connection.subscriptions--
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
