import type { Readable } from 'node:stream'
import { formatInstant, type Instant } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import { type Amount, parseAmount } from '../../tariffs/amount.ts'
import type { StoredPrice } from '../../tariffs/prices.ts'
import { openText } from './open-text.ts'
import { describeRefused, RefusedRows } from './refused-rows.ts'
import { type CsvRow, readRows } from './rows.ts'
import { parseTime } from './times.ts'
import { WallClock } from './wall-clock.ts'

type Column = 'from' | 'to' | 'import' | 'export' | 'currency'

/** What a file of prices says, and the names that its columns may have besides; the first is the one to use. */
const columnNames: Record<Column, readonly string[]> = {
  from: ['from', 'start', 'time', 'timestamp'],
  to: ['to', 'end', 'until'],
  import: ['import', 'import_price', 'price'],
  export: ['export', 'export_price'],
  currency: ['currency'],
}

export interface PriceFileOptions {
  /** ISO 4217, of a file that has no column for it. */
  currency?: string | undefined
  /** How long each price applies, in microseconds, in a file that does not say until when. */
  step?: number | undefined
  /** The zone of times without an offset. */
  timeZone?: string | undefined
  /** Between columns; a comma, a semicolon or a tab is found in the header. */
  delimiter?: string | undefined
  /** Before the decimals. */
  decimal?: '.' | ',' | undefined
  /** What the prices are for. */
  per?: 'kWh' | 'MWh' | undefined
}

/** The prices of a file, and the line of each. */
export interface PriceFile {
  prices: StoredPrice[]
  lines: number[]
}

/**
 * Reads prices from CSV, plain or gzip, with a header. Throws `BAD_USER_INPUT` if the header or the options leave open
 * how it is to be read, and `IMPORT_REFUSED` with the lines that cannot be read. Whether the prices overlap is for
 * whoever stores them.
 */
export async function readPriceFile(
  input: Readable,
  options: PriceFileOptions,
): Promise<PriceFile> {
  const { sample, text } = await openText(input)
  const delimiter = options.delimiter ?? delimiterIn(sample)
  const file: PriceFile = { prices: [], lines: [] }
  const refused = new RefusedRows()
  let reader: PriceReader | undefined
  for await (const rows of readRows(text, delimiter)) {
    for (const row of rows) {
      if (reader === undefined) {
        reader = new PriceReader(row.values, options)
        continue
      }
      const read = reader.read(row)
      if ('expected' in read) refused.add({ line: row.line, ...read })
      else {
        file.prices.push(read)
        file.lines.push(row.line)
      }
    }
  }
  if (file.prices.length === 0 && refused.count === 0) {
    throw new Fault('BAD_USER_INPUT', 'Expected a header and prices below it; the file has none')
  }
  if (refused.count > 0) {
    throw new Fault(
      'IMPORT_REFUSED',
      `${refused.count === 1 ? '1 value' : `${refused.count} values`} cannot be read, so nothing was stored:\n${describeRefused(refused)}`,
    )
  }
  return file
}

function delimiterIn(sample: string): string {
  const [header = ''] = sample.split(/\r\n|\n|\r/, 1)
  return [';', '\t'].find((each) => header.includes(each)) ?? ','
}

/** What is wrong with a value. */
interface ValueFault {
  field: string
  expected: string
  got: string
}

class PriceReader {
  readonly #places: Readonly<Record<Column, number>>
  readonly #options: PriceFileOptions
  /** The beginnings and the ends are each in an order of their own, which tells repeated hours apart. */
  readonly #clocks: Readonly<Record<'from' | 'to', WallClock>> | undefined

  constructor(header: readonly string[], options: PriceFileOptions) {
    const names = header.map((name) => name.trim().toLowerCase())
    const placeOf = (column: Column) =>
      names.findIndex((name) => columnNames[column].includes(name))
    this.#places = {
      from: placeOf('from'),
      to: placeOf('to'),
      import: placeOf('import'),
      export: placeOf('export'),
      currency: placeOf('currency'),
    }
    this.#options = options
    const { timeZone } = options
    this.#clocks =
      timeZone === undefined
        ? undefined
        : { from: new WallClock(timeZone), to: new WallClock(timeZone) }
    const got = `got ${header.map((name) => name.trim()).join(', ')}`
    for (const column of ['from', 'import'] as const) {
      if (this.#places[column] >= 0) continue
      throw refusal(`Expected a column ${columnNames[column].join(' or ')}; ${got}`)
    }
    if (this.#places.to < 0 && options.step === undefined) {
      throw refusal(
        `Expected a column ${columnNames.to.join(' or ')}, or --step such as PT15M; ${got}`,
      )
    }
    if (this.#places.to >= 0 && options.step !== undefined) {
      throw refusal('Expected no --step: the file says until when each price applies')
    }
    if (this.#places.currency < 0 && options.currency === undefined) {
      throw refusal(`Expected a column currency, or --currency such as EUR; ${got}`)
    }
    if (this.#places.currency >= 0 && options.currency !== undefined) {
      throw refusal('Expected no --currency: the file has a column for it')
    }
  }

  read({ values }: CsvRow): StoredPrice | ValueFault {
    const text = (column: Column) => (values[this.#places[column]] ?? '').trim()
    const from = this.#instantOf('from', text('from'))
    if (typeof from !== 'number') return from
    const to = this.#endOf(from, text('to'))
    if (typeof to !== 'number') return to
    const imported = this.#amountOf('import', text('import'))
    if (typeof imported !== 'bigint') return imported
    const exported = text('export') === '' ? null : this.#amountOf('export', text('export'))
    if (exported !== null && typeof exported !== 'bigint') return exported
    const currency = this.#options.currency ?? text('currency')
    return { from, to, currency, import: imported, export: exported }
  }

  #endOf(from: Instant, text: string): Instant | ValueFault {
    const { step } = this.#options
    return step === undefined ? this.#instantOf('to', text) : from + step
  }

  #instantOf(field: 'from' | 'to', text: string): Instant | ValueFault {
    const time = parseTime(text)
    if (time === undefined)
      return { field, expected: 'a time such as 2026-06-21T18:15Z', got: text }
    if (time.offset !== undefined) return time.wall - time.offset
    const clock = this.#clocks?.[field]
    if (clock !== undefined) return clock.instantOf(time.wall, 0)
    const expected = 'a time with its offset, or --time-zone such as Europe/Berlin'
    return { field, expected, got: text }
  }

  #amountOf(field: 'import' | 'export', text: string): Amount | ValueFault {
    const { decimal = '.', per = 'kWh' } = this.#options
    const plain = decimal === ',' ? (text.includes('.') ? '' : text.replace(',', '.')) : text
    const amount = parseAmount(plain)
    if (amount === undefined) {
      const expected = `a decimal such as 0${decimal}2815, with at most eight digits before the ${decimal === ',' ? 'comma' : 'point'} and ten after it`
      return { field, expected, got: text }
    }
    if (per === 'kWh') return amount
    if (amount % 1000n === 0n) return amount / 1000n
    return { field, expected: 'at most seven decimals of a price per MWh', got: text }
  }
}

function refusal(message: string): Fault {
  return new Fault('BAD_USER_INPUT', message)
}

/** Such as "line 7, from 2026-06-21T18:15:00.000000Z". */
export function placeInFile({ prices, lines }: PriceFile, index: number): string {
  const from = prices[index]?.from
  return `line ${lines[index]}${from === undefined ? '' : `, from ${formatInstant(from)}`}`
}
