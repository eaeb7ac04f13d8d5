import { MessageType, stringifyMessage } from 'graphql-ws'
import type { Consumer } from '../pull-queue.ts'
import { formatError, type MaskError } from './errors.ts'
import type { RequestTally } from './metrics/request-tally.ts'
import type { SharedResult } from './operations/shared-result.ts'
import type { SubscriptionStream } from './operations/shared-subscriptions.ts'
import type { OpenOperation, WebSocketConnection } from './websocket-connection.ts'

/** After so many messages in a row others get their turn, even if this socket takes more at once. */
const MESSAGES_A_TURN = 100

/**
 * A subscription that runs: sends the results of a stream to one subscriber. It takes the next event only when the
 * socket has drained: what happens meanwhile is for the source to keep, or to leave out. It
 * - `SENDS` while there are events and the socket is drained;
 * - waits for the socket (`whenDrained`), for an event (`whenReady`) or for the result of an event (`#held`), each of
 *   which calls `ready`;
 * - is `CLOSED` once its source has ended, the client has completed it, or the connection is gone.
 */
export class SubscriptionSender implements OpenOperation, Consumer {
  readonly #stream: SubscriptionStream
  readonly #connection: WebSocketConnection
  readonly #id: string
  readonly #idInJson: string
  readonly #maskError: MaskError
  readonly #tally: RequestTally
  /** A result that was not there at once. */
  #held: SharedResult | undefined
  #isOpen = true

  /** The caller has counted it as a subscription of the connection; closing it takes it off. */
  constructor(
    stream: SubscriptionStream,
    {
      connection,
      id,
      maskError,
      tally,
    }: {
      connection: WebSocketConnection
      id: string
      maskError: MaskError
      tally: RequestTally
    },
  ) {
    this.#stream = stream
    this.#connection = connection
    this.#id = id
    this.#idInJson = asciiJson(id)
    this.#maskError = maskError
    this.#tally = tally
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
      const result = this.#next()
      if (result === undefined) return
      frames.send(this.#idInJson, result)
      this.#tally.messages++
      if (!frames.isDrained) this.#connection.noteUnsent()
    }
  }

  /** Returns the next result. undefined: there will be one later, or never again. */
  #next(): SharedResult | undefined {
    const held = this.#held
    if (held !== undefined) {
      this.#held = undefined
      return held
    }
    const { events } = this.#stream
    try {
      const event = events.take()
      if (event !== undefined) {
        const result = this.#stream.resultOf(event)
        if (!(result instanceof Promise)) return result
        void result.then((settled) => {
          this.#held = settled
          this.ready()
        })
      } else if (events.isOpen) events.whenReady(this)
      else this.#end()
    } catch (error) {
      const payload = { errors: [formatError(this.#maskError(error))] }
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

/** Returns what stands between the quotes of a string in JSON, in ASCII alone, whatever is in it. */
function asciiJson(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return text
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(
      /[\u0080-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
}
