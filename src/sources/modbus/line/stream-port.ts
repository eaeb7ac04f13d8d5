import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'

/** How requests and answers (Modbus RTU frames with their checksum) travel in a stream of bytes. */
export interface Framing {
  /** Returns the bytes that are sent for a request, and forgets what came before it. */
  wrap(request: Buffer): Buffer
  /** Takes bytes that came. Returns the answer to the last request once it is whole. Throws if it cannot be used. */
  unwrap(bytes: Buffer): Buffer | undefined
}

/** Modbus RTU as `modbus-serial` wants a port to be, over a stream that is open. */
export class StreamPort extends EventEmitter {
  readonly #stream: Duplex
  readonly #framing: Framing
  readonly #onData: (bytes: Buffer) => void

  constructor(stream: Duplex, framing: Framing) {
    super()
    this.#stream = stream
    this.#framing = framing
    this.#onData = (bytes) => {
      try {
        const answer = framing.unwrap(bytes)
        if (answer !== undefined) this.emit('data', answer)
      } catch (error) {
        this.emit('error', error)
      }
    }
    stream.on('data', this.#onData)
  }

  get isOpen(): boolean {
    return !this.#stream.destroyed
  }

  open(callback: () => void): void {
    callback()
  }

  close(callback: () => void): void {
    this.#stream.off('data', this.#onData)
    callback()
  }

  write(request: Buffer): void {
    this.#stream.write(this.#framing.wrap(request))
  }
}
