/** Up to so many bytes a frame is written as one chunk, which is faster than two. */
const ONE_CHUNK_BYTES = 4096

/**
 * The bytes with which the messages of many sockets end. The frame that was sent last is kept: the next one mostly
 * differs in a few letters before the payload, and a socket that took all of it at once does not look at it again.
 */
export class SharedPayload {
  readonly bytes: Buffer
  #frame: Buffer | undefined
  #headLength = -1

  constructor(text: string) {
    this.bytes = Buffer.from(text)
  }

  /** The chunks of one text message in one unmasked frame, by RFC 6455; `head` is ASCII. Call `giveAway` where they are kept. */
  chunks(head: string): readonly [Buffer, Buffer?] {
    const size = head.length + this.bytes.length
    const headerSize = size < 126 ? 2 : size < 65_536 ? 4 : 10
    if (this.bytes.length > ONE_CHUNK_BYTES) {
      const start = Buffer.allocUnsafe(headerSize + head.length)
      writeHeader(start, size)
      start.write(head, headerSize, 'latin1')
      return [start, this.bytes]
    }
    let frame = this.#frame
    if (frame === undefined || this.#headLength !== head.length) {
      frame = Buffer.allocUnsafe(headerSize + size)
      writeHeader(frame, size)
      this.bytes.copy(frame, headerSize + head.length)
      this.#frame = frame
      this.#headLength = head.length
    }
    frame.write(head, headerSize, 'latin1')
    return [frame]
  }

  /** What was sent last still waits in a socket: the next frame is made anew. */
  giveAway(): void {
    this.#frame = undefined
  }
}

function writeHeader(frame: Buffer, size: number): void {
  frame[0] = 0x81
  if (size < 126) frame[1] = size
  else if (size < 65_536) {
    frame[1] = 126
    frame.writeUInt16BE(size, 2)
  } else {
    frame[1] = 127
    frame.writeUInt32BE(0, 2)
    frame.writeUInt32BE(size, 6)
  }
}
