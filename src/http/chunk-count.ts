/** So many chunks may have any size. */
const FREE_CHUNKS = 1000

/** Bytes that the chunks of a body have at least, on average. */
export const LEAST_MEAN_CHUNK = 64

/**
 * Counts the chunks of a body. Node calls us for each: a megabyte in chunks of one byte costs seconds, and one of
 * 64 bytes costs what a small request does.
 */
export class ChunkCount {
  bytes = 0
  #chunks = 0

  /** Returns whether the chunks are large enough. */
  add(chunk: Buffer): boolean {
    this.bytes += chunk.length
    this.#chunks += 1
    return this.#chunks <= FREE_CHUNKS || this.bytes >= this.#chunks * LEAST_MEAN_CHUNK
  }
}
