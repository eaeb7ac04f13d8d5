const FIRST_BYTE = 0
const SECOND_BYTE = 1
const LENGTH = 2
const REST = 3

const FIRST_CONTROL_OPCODE = 8
const MASK_BYTES = 4
/** What each piece of a message takes that is kept, beside its content. */
const PIECE_BYTES = 128

/**
 * Follows the frames that a client sends (RFC 6455, section 5.2), to know how long a message is before ws keeps any of
 * it, and how much ws keeps of a message that is not complete. ws finds what is wrong with a frame.
 *
 * It expects the `FIRST_BYTE` of a frame, then the `SECOND_BYTE`, then bytes of the `LENGTH` if the second byte
 * announces them, then the `REST`: a mask and the payload. After that the next frame begins.
 */
export class IncomingFrames {
  /** Bytes that are kept of a frame or a message that is not complete. */
  held = 0
  #expected = FIRST_BYTE
  #isFinal = true
  #isControl = false
  /** Bytes yet to come of the length. */
  #lengthLeft = 0
  #length = 0
  #maskBytes = 0
  /** Bytes yet to come of mask and payload. */
  #left = 0
  /** Whether a message has begun in frames before this one. */
  #isFragmented = false
  /** Bytes of the message, as far as its frames have announced. */
  #announced = 0

  /** Takes the next chunk. Returns how long the longest message in it is, as far as its frames have announced. */
  add(chunk: Buffer): number {
    let longest = 0
    let pieces = 1
    let at = 0
    while (at < chunk.length) {
      if (this.#expected === REST) {
        const skipped = Math.min(this.#left, chunk.length - at)
        this.#left -= skipped
        at += skipped
      } else {
        this.#readHeader(chunk.readUInt8(at))
        at += 1
        longest = Math.max(longest, this.#announced)
      }
      if (this.#expected !== REST || this.#left > 0) continue
      this.#endFrame()
      if (this.#isFragmented) pieces += 1
      else {
        this.held = 0
        pieces = 1
      }
    }
    const isComplete = this.#expected === FIRST_BYTE && !this.#isFragmented
    // ws keeps parts of a chunk as views, and so the whole of it.
    if (!isComplete) this.held += chunk.length + pieces * PIECE_BYTES
    return longest
  }

  #readHeader(byte: number): void {
    if (this.#expected === FIRST_BYTE) {
      this.#isFinal = byte >= 0x80
      this.#isControl = (byte & 0x0f) >= FIRST_CONTROL_OPCODE
      this.#expected = SECOND_BYTE
      return
    }
    if (this.#expected === SECOND_BYTE) {
      const length = byte & 0x7f
      this.#maskBytes = byte >= 0x80 ? MASK_BYTES : 0
      this.#lengthLeft = length === 126 ? 2 : length === 127 ? 8 : 0
      this.#length = this.#lengthLeft > 0 ? 0 : length
      this.#expected = LENGTH
    } else {
      this.#length = this.#length * 256 + byte
      this.#lengthLeft -= 1
    }
    if (this.#lengthLeft > 0) return
    this.#left = this.#maskBytes + this.#length
    if (!this.#isControl) this.#announced += this.#length
    this.#expected = REST
  }

  /** A control frame may stand between those of a message. */
  #endFrame(): void {
    this.#expected = FIRST_BYTE
    if (this.#isControl) return
    this.#isFragmented = !this.#isFinal
    if (this.#isFinal) this.#announced = 0
  }
}
