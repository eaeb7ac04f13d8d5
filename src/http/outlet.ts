import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { SharedPayload } from './shared-payload.ts'

const nothing = Buffer.alloc(0)

/**
 * Sends what many sockets share, past ws and straight to the socket under it.
 *
 * ws takes a message as a whole: those of a thousand subscribers, which differ in their id alone, would each be put
 * together as a string, measured and encoded, with a callback each to learn when it has left. Here a message is what
 * comes before the shared part, and the shared part in bytes. Frames of ours may stand between those of ws because
 * ws writes each of its own at once and whole: compression is off, and no Blob is ever sent.
 */
export class Outlet {
  readonly #webSocket: WebSocket
  readonly #socket: Duplex
  #waiting: (() => void)[] | undefined

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket
    this.#socket = socket
  }

  /** Whether all that was sent so far has left this process. */
  get isDrained(): boolean {
    return this.#socket.writableLength === 0
  }

  /** Sends one text message: `head`, which is ASCII, and the payload. Nothing is sent on a closing socket. */
  send(head: string, payload: SharedPayload): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    const [first, second] = payload.chunks(head)
    if (second === undefined) this.#socket.write(first)
    else {
      this.#socket.cork()
      this.#socket.write(first)
      this.#socket.write(second)
      this.#socket.uncork()
    }
    if (!this.isDrained) payload.giveAway()
  }

  /** Calls back once all that was sent has left; also when the socket breaks. */
  whenDrained(callback: () => void): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push(callback)
      return
    }
    const waiting = [callback]
    this.#waiting = waiting
    this.#socket.write(nothing, () => {
      this.#waiting = undefined
      for (const go of waiting) go()
    })
  }
}
