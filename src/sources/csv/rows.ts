import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CsvError, parse } from 'csv-parse'
import { Fault } from '../../fault.ts'

/** The values of one row as the file has them, and the line on which it begins, from 1. */
export interface CsvRow {
  line: number
  values: readonly string[]
}

const BATCH = 500
/** A row longer than this, in bytes, is a quote that is never closed. */
const LONGEST_ROW = 65_536
const GZIP = [0x1f, 0x8b]

/**
 * Reads CSV, plain or gzip, in batches, as fast as they are consumed. UTF-8, with or without a byte order mark; any
 * line ends; quoted values may contain line breaks. Empty lines are left out. Throws `IMPORT_REFUSED` if the input
 * breaks off or cannot be parsed into rows.
 */
export async function* readRows(
  input: Readable,
): AsyncGenerator<readonly CsvRow[], void, undefined> {
  const parser = parse({
    bom: true,
    info: true,
    max_record_size: LONGEST_ROW,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  })
  try {
    const text = await decompress(input)
    // An error reaches the loop below through the parser.
    pipeline(text, parser, () => {})
    let batch: CsvRow[] = []
    let previousLine = 0
    let extraLines = 0
    for await (const row of parser) {
      const { record: values, info }: { record: string[]; info: { lines: number } } = row
      let line = info.lines - extraLines
      if (line > previousLine + 1) {
        const { breaks, crlf } = lineBreaksIn(values)
        // The parser counts a CRLF within quotes as two lines.
        extraLines += crlf
        line -= breaks + crlf
      }
      previousLine = info.lines - extraLines
      batch.push({ line, values })
      if (batch.length === BATCH) {
        yield batch
        batch = []
      }
    }
    if (batch.length > 0) yield batch
  } catch (error) {
    throw refusal(error)
  } finally {
    input.destroy()
    parser.destroy()
  }
}

/** Recognises gzip by its first two bytes, whatever the name of the file. */
async function decompress(input: Readable): Promise<Readable> {
  const chunks: AsyncIterator<Buffer> = input.iterator()
  const start: Buffer[] = []
  let head = Buffer.alloc(0)
  while (head.length < GZIP.length) {
    const { done, value } = await chunks.next()
    if (done === true) break
    start.push(value)
    head = Buffer.concat([head, value.subarray(0, GZIP.length)])
  }
  const whole = Readable.from(concatenate(start, chunks), { objectMode: false })
  if (!GZIP.every((byte, place) => head[place] === byte)) return whole
  return pipeline(whole, createGunzip(), () => {})
}

async function* concatenate(
  start: readonly Buffer[],
  rest: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  yield* start
  try {
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield next.value
    }
  } finally {
    await rest.return?.()
  }
}

function lineBreaksIn(values: readonly string[]): { breaks: number; crlf: number } {
  const text = values.join()
  return {
    breaks: text.match(/\r\n|\n|\r/g)?.length ?? 0,
    crlf: text.match(/\r\n/g)?.length ?? 0,
  }
}

function refusal(cause: unknown): unknown {
  if (cause instanceof CsvError) {
    return new Fault('IMPORT_REFUSED', 'The file cannot be parsed as CSV', { cause })
  }
  if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_')) {
    return new Fault('IMPORT_REFUSED', 'The gzip data is damaged or cut off', { cause })
  }
  return cause
}
