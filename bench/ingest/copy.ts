import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { COPY_END, COPY_START, copyColumns, encodeRows } from '../../src/telemetry/copy.ts'
import type { Reading } from '../../src/telemetry/reading.ts'
import type { BenchClient } from '../support/postgres.ts'

const COPY_BINARY = `copy solark.telemetry (${copyColumns.join(', ')}) from stdin (format binary)`

/** Readings as the body of a binary COPY, the fastest form there is. */
export function encodeCopy(readings: readonly Reading[]): Buffer {
  return Buffer.concat([COPY_START, encodeRows(readings), COPY_END])
}

/** Stores what `encodeCopy` made, in one commit. */
export function copyBatch(client: BenchClient, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(copyFrom(COPY_BINARY)).once('finish', resolve).once('error', reject).end(body)
  })
}

/** Stores a CSV file with a header in one commit. */
export async function copyCsv(
  client: BenchClient,
  file: Readable,
  columns: readonly string[],
): Promise<void> {
  const statement = `copy solark.telemetry (${columns.join(', ')}) from stdin (format csv, header)`
  await pipeline(file, client.query(copyFrom(statement)))
}
