import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Consumer } from '../pull-queue.ts'
import type { SharedPayload } from './operations/shared-result.ts'

const nothing = Buffer.alloc(0)

/**
 * Sends what many sockets share, past ws and straight to the socket under it.
 *
 * ws takes a message as a whole: those of a thousand subscribers, which differ in their id alone, would each be put
 * together as a string, measured and encoded, with a callback each to learn when it has left. Here a message is one
 * frame for all, in which the id is written over. Frames of ours may stand between those of ws because ws writes each
 * of its own at once and whole: compression is off, and no Blob is ever sent.
 */
export class FrameWriter {
  readonly #webSocket: WebSocket
  readonly #socket: Duplex
  /** Those that wait for the socket to drain, who waits longest first. */
  #waiting: Consumer[] | undefined

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket
    this.#socket = socket
  }

  /** Whether all that was sent so far has left this process. */
  get isDrained(): boolean {
    return this.#socket.writableLength === 0
  }

  /** Sends the `next` message of a subscription, its id as it stands in JSON. Nothing is sent on a closing socket. */
  send(id: string, payload: SharedPayload): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    const frame = payload.frame(id)
    const { rest } = payload
    if (rest === undefined) this.#socket.write(frame)
    else {
      this.#socket.cork()
      this.#socket.write(frame)
      this.#socket.write(rest)
      this.#socket.uncork()
    }
    if (!this.isDrained) payload.giveAway()
  }

  /**
   * Tells the consumer once all that was sent has left, and nobody who came before it has filled the socket again; never,
   * where the socket breaks instead.
   */
  whenDrained(consumer: Consumer): void {
    if (this.#waiting !== undefined) this.#waiting.push(consumer)
    else {
      this.#waiting = [consumer]
      this.#awaitDrain(this.#waiting)
    }
  }

  #awaitDrain(waiting: Consumer[]): void {
    this.#socket.write(nothing, (error) => {
      if (error) return
      while (this.isDrained) {
        const next = waiting.shift()
        if (next === undefined) {
          this.#waiting = undefined
          return
        }
        next.ready()
      }
      this.#awaitDrain(waiting)
    })
  }
}
