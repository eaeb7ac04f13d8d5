import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Fault } from '../../fault.ts'

/** The text of a file, of which the beginning is known. */
export interface OpenedText {
  /** The first half a million bytes; the whole text if it is shorter. */
  sample: string
  /** Whether the sample is the whole text. */
  complete: boolean
  /** The whole file, from its beginning: UTF-8 as bytes, anything else decoded. */
  text: AsyncIterable<Buffer | string>
  encoding: string
}

export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const
export type Encoding = (typeof encodings)[number]

/** So many bytes decide how a file is read: about six weeks of readings at one every five minutes. */
const SAMPLE = 500_000

/**
 * Opens a text file, plain or gzip. A byte order mark decides its encoding; without one it is UTF-8, or windows-1252
 * if its beginning is not valid UTF-8, or UTF-16 if every second byte is 0. Throws `IMPORT_REFUSED` if it is a workbook or another zip file.
 */
export async function openText(input: Readable, encoding?: Encoding): Promise<OpenedText> {
  const bytes = telling(chunksOf(await decompress(input)))
  const start: Buffer[] = []
  let size = 0
  let complete = false
  while (size < SAMPLE) {
    const next = await bytes.next()
    if (next.done === true) {
      complete = true
      break
    }
    start.push(next.value)
    size += next.value.length
  }
  const beginning = Buffer.concat(start)
  refuseOtherFormats(beginning)
  const known = encoding ?? encodingOf(beginning, complete)
  const decoder = new TextDecoder(known)
  const sample = decoder.decode(beginning, { stream: true })
  return {
    sample: complete ? sample + decoder.decode() : sample,
    complete,
    text: known === 'utf-8' ? concatenate(start, bytes) : decoded(sample, bytes, decoder),
    encoding: known,
  }
}

async function* decoded(
  sample: string,
  rest: AsyncIterator<Buffer>,
  decoder: TextDecoder,
): AsyncGenerator<string, void, undefined> {
  try {
    yield sample
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield decoder.decode(next.value, { stream: true })
    }
    const end = decoder.decode()
    if (end !== '') yield end
  } finally {
    await rest.return?.()
  }
}

function encodingOf(beginning: Buffer, complete: boolean): Encoding {
  if (beginning[0] === 0xff && beginning[1] === 0xfe) return 'utf-16le'
  if (beginning[0] === 0xfe && beginning[1] === 0xff) return 'utf-16be'
  const zeros = [0, 0]
  for (const [place, byte] of beginning.subarray(0, 1000).entries()) {
    if (byte === 0) zeros[place % 2] = (zeros[place % 2] ?? 0) + 1
  }
  const [even = 0, odd = 0] = zeros
  // Most characters of a table are ASCII, of which UTF-16 has a zero in every second byte.
  const most = Math.min(beginning.length, 1000) / 4
  if (odd > most && even === 0) return 'utf-16le'
  if (even > most && odd === 0) return 'utf-16be'
  try {
    // Without the end of the text, a character may be cut in two.
    new TextDecoder('utf-8', { fatal: true }).decode(beginning, { stream: !complete })
    return 'utf-8'
  } catch {
    return 'windows-1252'
  }
}

const ZIP = Buffer.from([0x50, 0x4b, 0x03, 0x04])
/** The container of an old Excel workbook, .xls. */
const COMPOUND_FILE = Buffer.from([0xd0, 0xcf, 0x11, 0xe0])

function refuseOtherFormats(beginning: Buffer): void {
  const kind = beginning.subarray(0, 4)
  const isWorkbook =
    kind.equals(COMPOUND_FILE) ||
    (kind.equals(ZIP) && (beginning.includes('xl/') || beginning.includes('[Content_Types].xml')))
  if (isWorkbook) {
    throw new Fault(
      'IMPORT_REFUSED',
      'The file is a workbook: expected CSV. Open it in a spreadsheet program, and save the sheet with the readings as CSV',
    )
  }
  if (kind.equals(ZIP)) {
    throw new Fault(
      'IMPORT_REFUSED',
      'The file is a zip archive: expected CSV, plain or gzip. Unpack it, and import what is in it',
    )
  }
}

const GZIP = [0x1f, 0x8b]

/** Recognises gzip by its first two bytes, whatever the name of the file. */
async function decompress(input: Readable): Promise<Readable> {
  const chunks = chunksOf(input)
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

/** Throws `IMPORT_REFUSED` if gzip data is damaged. */
async function* telling(chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* concatenate([], chunks)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_')) {
      throw new Fault('IMPORT_REFUSED', 'The gzip data is damaged or cut off', { cause })
    }
    throw cause
  }
}

function chunksOf(stream: Readable): AsyncIterator<Buffer> {
  return stream.iterator()
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
