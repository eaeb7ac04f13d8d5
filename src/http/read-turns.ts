export interface Reader {
  pause(): void
  resume(): void
}

/** Bytes. A connection of which less was read at once has no more to say. */
export const LARGE_READ = 8 * 1024

/**
 * Lets connections that have much to say take turns. Node reads one of them up to 32 times, 2 MB, before any other is
 * read: as messages of 20 bytes that is a second of work. With turns it is one chunk of one of them for each turn of
 * the event loop.
 */
export class ReadTurns {
  readonly #waiting = new Set<Pick<Reader, 'resume'>>()

  /** Pauses the reader until its turn comes. */
  wait(reader: Reader): void {
    reader.pause()
    this.resumeInTurn(reader)
  }

  /** Resumes one of them for each turn of the event loop. */
  resumeInTurn(one: Pick<Reader, 'resume'>): void {
    if (this.#waiting.size === 0) setImmediate(() => this.#next())
    this.#waiting.add(one)
  }

  #next(): void {
    const [reader] = this.#waiting
    if (reader === undefined) return
    this.#waiting.delete(reader)
    reader.resume()
    if (this.#waiting.size > 0) setImmediate(() => this.#next())
  }
}
