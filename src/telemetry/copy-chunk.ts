import type { Session } from '../database/database.ts'
import type { Chunk } from './chunk.ts'
import { copyColumns } from './copy-rows.ts'

/** Appends a chunk to a table with COPY; rejects with the database's error, a unique violation among them. */
export function copyChunk(session: Session, table: string, chunk: Chunk): Promise<void> {
  const stream = session.copyFrom(
    `copy ${table} (${copyColumns.join(', ')}) from stdin (format binary)`,
  )
  return new Promise((resolve, reject) => {
    stream.once('finish', resolve)
    stream.once('error', (error) => {
      // Else the stream would go on sending what is left, on a connection that it has let go of.
      stream.destroy()
      reject(error)
    })
    for (const part of chunk.parts) stream.write(part)
    stream.end()
  })
}
