import { pipeline, Readable } from 'node:stream'
import { CsvError, type Options, parse } from 'csv-parse'
import { parse as parseAll } from 'csv-parse/sync'
import { Fault } from '../../fault.ts'

/** The values of one row as the file has them, and the line on which it begins, from 1. */
export interface CsvRow {
  line: number
  values: readonly string[]
}

const BATCH = 500
/** A row longer than this, in bytes, is a quote that is never closed. */
const LONGEST_ROW = 65_536

const parserOptions = (delimiter: string): Options => ({
  bom: true,
  delimiter,
  info: true,
  max_record_size: LONGEST_ROW,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
})

interface Parsed {
  record: string[]
  info: { lines: number }
}

/**
 * Reads CSV in batches of rows, as fast as they are consumed. Any line ends; quoted values may contain line breaks.
 * Empty lines are left out. Throws `IMPORT_REFUSED` if the text breaks off or cannot be parsed into rows.
 */
export async function* readRows(
  text: AsyncIterable<Buffer | string>,
  delimiter: string,
): AsyncGenerator<readonly CsvRow[], void, undefined> {
  const parser = parse(parserOptions(delimiter))
  try {
    // An error reaches the loop below through the parser.
    pipeline(Readable.from(text), parser, () => {})
    const lines = new LineCounter()
    let batch: CsvRow[] = []
    for await (const row of parser) {
      const { record: values, info }: Parsed = row
      batch.push({ line: lines.beginOf(values, info.lines), values })
      if (batch.length === BATCH) {
        yield batch
        batch = []
      }
    }
    if (batch.length > 0) yield batch
  } catch (error) {
    throw refusal(error)
  } finally {
    parser.destroy()
  }
}

/**
 * Returns the rows of the beginning of a file, without the last one unless it is complete. Throws as `readRows` does,
 * unless the rows before the fault are enough.
 */
export function parseSample(
  { sample, complete }: { sample: string; complete: boolean },
  delimiter: string,
): readonly CsvRow[] {
  const lines = new LineCounter()
  const rows: CsvRow[] = []
  const end = complete ? sample.length : sample.lastIndexOf('\n')
  try {
    parseAll(sample.slice(0, end < 0 ? sample.length : end), {
      ...parserOptions(delimiter),
      info: false,
      on_record: (values: string[], info) => {
        rows.push({ line: lines.beginOf(values, info.lines), values })
        return null
      },
    })
  } catch (error) {
    if (rows.length === 0) throw refusal(error)
  }
  return rows
}

/** Finds the line on which each row begins; the parser tells the one on which it ends. */
class LineCounter {
  #previous = 0
  #extra = 0

  beginOf(values: readonly string[], lines: number): number {
    let line = lines - this.#extra
    if (line > this.#previous + 1) {
      const { breaks, crlf } = lineBreaksIn(values)
      // The parser counts a CRLF within quotes as two lines.
      this.#extra += crlf
      line -= breaks + crlf
    }
    this.#previous = lines - this.#extra
    return line
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
  return cause
}
