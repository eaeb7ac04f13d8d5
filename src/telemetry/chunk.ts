import { COPY_END, COPY_START, encodeRows } from './copy-rows.ts'
import type { Reading } from './reading.ts'

/** Readings that go to the database in one COPY, encoded; kept until they are stored, for a second try. */
export interface Chunk {
  rows: number
  /** One after the other a whole binary COPY. */
  parts: readonly Buffer[]
}

/** Small, so that the database has something to do early; each chunk is twice as large as the one before, up to the most. */
const FIRST_CHUNK_ROWS = 2500
/** From here on, what a COPY costs by itself no longer shows; two chunks are in memory at a time. */
const MOST_CHUNK_ROWS = 20_000

export async function* chunksOf(
  readings: AsyncIterable<readonly Reading[]>,
): AsyncGenerator<Chunk, void, undefined> {
  let parts: Buffer[] = [COPY_START]
  let rows = 0
  let enough = FIRST_CHUNK_ROWS
  for await (const batch of readings) {
    parts.push(encodeRows(batch))
    rows += batch.length
    if (rows >= enough) {
      yield { rows, parts: [...parts, COPY_END] }
      parts = [COPY_START]
      rows = 0
      enough = Math.min(enough * 2, MOST_CHUNK_ROWS)
    }
  }
  if (rows > 0) yield { rows, parts: [...parts, COPY_END] }
}
