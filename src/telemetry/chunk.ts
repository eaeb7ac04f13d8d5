import type { Instant } from '../database/instant.ts'
import { COPY_END, COPY_START, encodeRows } from './copy-rows.ts'
import type { Reading } from './reading.ts'

/** Readings that go to the database in one COPY, encoded; kept until they are stored, for a second try. */
export interface Chunk {
  rows: number
  /** One after the other a whole binary COPY. */
  parts: readonly Buffer[]
  earliest: Instant
  latest: Instant
}

/** From 20,000 rows on, what a COPY costs by itself no longer shows; two chunks are in memory at a time. */
const CHUNK_ROWS = 20_000

export async function* chunksOf(
  readings: AsyncIterable<readonly Reading[]>,
): AsyncGenerator<Chunk, void, undefined> {
  let parts: Buffer[] = [COPY_START]
  let rows = 0
  let earliest = Number.POSITIVE_INFINITY
  let latest = Number.NEGATIVE_INFINITY
  for await (const batch of readings) {
    for (const { timestamp } of batch) {
      if (timestamp < earliest) earliest = timestamp
      if (timestamp > latest) latest = timestamp
    }
    parts.push(encodeRows(batch))
    rows += batch.length
    if (rows >= CHUNK_ROWS) {
      yield { rows, parts: [...parts, COPY_END], earliest, latest }
      parts = [COPY_START]
      rows = 0
      earliest = Number.POSITIVE_INFINITY
      latest = Number.NEGATIVE_INFINITY
    }
  }
  if (rows > 0) yield { rows, parts: [...parts, COPY_END], earliest, latest }
}
