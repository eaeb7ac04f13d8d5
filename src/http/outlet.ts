import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

/** Up to so many bytes are copied into one chunk, which takes one write where header and answer would take two. */
const COPIED_BYTES = 4096

const nothing = Buffer.alloc(0)

/**
 * Sends text that many sockets share, past ws and straight to the socket under it.
 *
 * ws takes a message as a whole: each of a thousand subscribers' messages, which differ in their id alone, would be
 * put together as a string, measured, encoded, and written together with its header. Here a message is what comes
 * before the shared part, and the shared part in bytes. That frames of ours may stand between those of ws rests on
 * this: ws writes each of its frames at once and whole, because compression is off and no Blob is ever sent.
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

  /** Sends one text message: `head` in Latin-1 and the bytes of the rest. Nothing is sent on a closing socket. */
  send(head: string, rest: Buffer): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return
    const size = head.length + rest.length
    const headerSize = size < 126 ? 2 : size < 65_536 ? 4 : 10
    const copied = rest.length <= COPIED_BYTES ? rest.length : 0
    const chunk = Buffer.allocUnsafe(headerSize + head.length + copied)
    writeHeader(chunk, size)
    chunk.write(head, headerSize, 'latin1')
    if (copied > 0) {
      rest.copy(chunk, headerSize + head.length)
      this.#socket.write(chunk)
      return
    }
    this.#socket.cork()
    this.#socket.write(chunk)
    this.#socket.write(rest)
    this.#socket.uncork()
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

/** The header of a text message in one unmasked frame, by RFC 6455. */
function writeHeader(chunk: Buffer, size: number): void {
  chunk[0] = 0x81
  if (size < 126) chunk[1] = size
  else if (size < 65_536) {
    chunk[1] = 126
    chunk.writeUInt16BE(size, 2)
  } else {
    chunk[1] = 127
    chunk.writeUInt32BE(0, 2)
    chunk.writeUInt32BE(size, 6)
  }
}
