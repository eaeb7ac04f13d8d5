/** A message of at most so many bytes is written as one chunk, which is faster than two. */
const ONE_CHUNK_BYTES = 4096

const BEFORE_ID = '{"id":"'
const AFTER_ID = '","type":"next","payload":'

/**
 * The result of an event, for all subscriptions that share it: as JSON, and as the WebSocket frames of their `next`
 * messages, which differ in their id alone. The frame that was sent last is used again: for the next subscription only
 * its id is overwritten. That is safe if the socket took the whole frame at once; if not, call `giveAway`.
 */
export class SharedResult {
  /** The result as JSON. */
  readonly text: string
  /** The result, and the end of the message. */
  readonly #end: Buffer
  readonly #isOneChunk: boolean
  #frame: Buffer | undefined
  #idLength = -1

  constructor(text: string) {
    this.text = text
    this.#end = Buffer.from(`${text}}`)
    this.#isOneChunk = this.#end.length <= ONE_CHUNK_BYTES
  }

  /**
   * Returns the message for a subscription as an unmasked frame (RFC 6455). If the message is long, `rest` completes
   * it. The id is given as it stands in JSON, in ASCII. Call `giveAway` if the frame is kept.
   */
  frame(id: string): Buffer {
    const { length } = id
    const afterId = BEFORE_ID.length + length + AFTER_ID.length
    const size = afterId + this.#end.length
    const headerSize = size < 126 ? 2 : size < 65_536 ? 4 : 10
    let frame = this.#idLength === length ? this.#frame : undefined
    if (frame === undefined) {
      const start = headerSize + afterId
      frame = Buffer.allocUnsafe(this.#isOneChunk ? start + this.#end.length : start)
      writeHeader(frame, size)
      frame.write(BEFORE_ID, headerSize, 'latin1')
      frame.write(AFTER_ID, start - AFTER_ID.length, 'latin1')
      if (this.#isOneChunk) {
        this.#end.copy(frame, start)
        this.#frame = frame
        this.#idLength = length
      }
    }
    frame.write(id, headerSize + BEFORE_ID.length, 'latin1')
    return frame
  }

  get rest(): Buffer | undefined {
    return this.#isOneChunk ? undefined : this.#end
  }

  /** To be called if a socket still holds the last frame. The next one is then made anew. */
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
