import type { Session } from '../database/database.ts'
import { quantities } from '../quantities.ts'
import type { Reading } from './reading.ts'

/** The columns that `encodeRows` writes, in its order, for `COPY … (columns) FROM STDIN (FORMAT binary)`. */
export const copyColumns: readonly string[] = [
  'plant_id',
  'timestamp',
  ...quantities.map(({ column }) => column),
]

/** Signature, no flags, no header extension. */
export const COPY_START = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
export const COPY_END = Buffer.from([0xff, 0xff])

const fields = quantities.map(({ field }) => field)
const LARGEST_ROW = 2 + 8 + 12 + 12 * fields.length
/** PostgreSQL counts microseconds from 2000-01-01T00:00:00Z. */
const POSTGRES_EPOCH = Date.UTC(2000, 0, 1) * 1000
const TWO_TO_32 = 2 ** 32

/**
 * Encodes readings as rows of PostgreSQL's binary COPY format, which belong between COPY_START and COPY_END. Encoding
 * is seven times faster than text, decoding is faster too, and every double arrives unchanged.
 */
export function encodeRows(readings: readonly Reading[]): Buffer {
  const buffer = Buffer.allocUnsafe(readings.length * LARGEST_ROW)
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  let at = 0
  for (const reading of readings) {
    view.setInt16(at, copyColumns.length)
    view.setInt32(at + 2, 4)
    view.setInt32(at + 6, reading.plantId)
    const microseconds = reading.timestamp - POSTGRES_EPOCH
    const high = Math.floor(microseconds / TWO_TO_32)
    view.setInt32(at + 10, 8)
    view.setInt32(at + 14, high)
    view.setUint32(at + 18, microseconds - high * TWO_TO_32)
    at += 22
    for (const field of fields) {
      const value = reading[field]
      if (value === null) {
        view.setInt32(at, -1)
        at += 4
      } else if (typeof value === 'number') {
        view.setInt32(at, 8)
        view.setFloat64(at + 4, value)
        at += 12
      } else {
        view.setInt32(at, 1)
        view.setInt8(at + 4, value ? 1 : 0)
        at += 5
      }
    }
  }
  return buffer.subarray(0, at)
}

/** The encoded readings of one COPY. They are kept until they are stored, so that they can be sent again. */
export interface CopyChunk {
  rows: number
  /** Concatenated, they are one complete binary COPY. */
  parts: readonly Buffer[]
}

/**
 * Small, so that the database can start early. Each chunk is twice as large as the one before, up to MOST_CHUNK_ROWS.
 */
const FIRST_CHUNK_ROWS = 2500
/** From here on the fixed cost of a COPY no longer shows. Two chunks are in memory at a time. */
const MOST_CHUNK_ROWS = 20_000

export async function* copyChunksOf(
  readings: AsyncIterable<readonly Reading[]>,
): AsyncGenerator<CopyChunk, void, undefined> {
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

/** Appends a chunk to a table with COPY. Rejects with the error of the database, such as a unique violation. */
export function copyChunk(session: Session, table: string, chunk: CopyChunk): Promise<void> {
  const stream = session.copyFrom(
    `copy ${table} (${copyColumns.join(', ')}) from stdin (format binary)`,
  )
  return new Promise((resolve, reject) => {
    stream.once('finish', resolve)
    stream.once('error', (error) => {
      // Otherwise the stream would keep sending the rest on a connection that it has already released.
      stream.destroy()
      reject(error)
    })
    for (const part of chunk.parts) stream.write(part)
    stream.end()
  })
}
