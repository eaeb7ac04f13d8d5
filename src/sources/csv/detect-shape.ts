import { Fault } from '../../fault.ts'
import { parseTimeZone } from '../../telemetry/time-zone.ts'
import { badMap, type ColumnMap, columnsOfHeader, type FileColumn, listOf } from './columns.ts'
import { type CsvRow, parseSample } from './rows.ts'
import { targetOf } from './targets.ts'
import {
  isDateAlone,
  isMidnight,
  isTimeAlone,
  parseTimeAs,
  type TimeFormat,
  timeFormatWords,
} from './times.ts'

/** How a file is laid out: where its header and its rows are, and how it writes times. */
export interface FileShape {
  delimiter: string
  columns: readonly FileColumn[]
  /** The texts of the header, to recognise it if it comes again. */
  header: readonly (readonly string[])[]
  /** How many rows come before the first reading. */
  rowsBefore: number
  /** The place of the time, or those of the date and of the time of day. */
  timePlaces: readonly number[]
  timeFormat: TimeFormat
  /** The zone that the header names. */
  timeZone: string | undefined
  /** The readings of the beginning of the file. */
  rows: readonly CsvRow[]
}

export interface ShapeOptions {
  delimiter?: string | undefined
  timeFormat?: TimeFormat | undefined
  /** First and last line of the header, from 1. */
  headerLines?: readonly [number, number] | undefined
  map: ColumnMap
  /** Whether only the delimiter is looked for: dates may still be read two ways. */
  roughly?: boolean
}

const DELIMITERS = ['\t', ';', ',', '|']
const ENOUGH_FOR_DELIMITER = 50_000
const SEPARATOR_LINE = /^\ufeff?"?sep=(.)/i

/**
 * Finds out how a file is laid out from its beginning; options decide what they name. Throws `IMPORT_REFUSED` if the
 * file is empty or has no times, `BAD_USER_INPUT` if its dates can be read two ways.
 */
export function detectShape(
  file: { sample: string; complete: boolean },
  options: ShapeOptions,
): FileShape {
  const declared = SEPARATOR_LINE.exec(file.sample)?.[1]
  // What a sep= line declares is not always what the rows have.
  const delimiters =
    options.delimiter === undefined
      ? [...new Set([...(declared === undefined ? [] : [declared]), ...DELIMITERS])]
      : [options.delimiter]
  // Little text shows which character parts columns, much text how dates and decimals are written.
  const beginning =
    file.sample.length <= ENOUGH_FOR_DELIMITER
      ? file
      : { sample: file.sample.slice(0, ENOUGH_FOR_DELIMITER), complete: false }
  let empty = true
  let fault: unknown
  const tried: CsvRow[][] = []
  for (const delimiter of delimiters) {
    let rows: readonly CsvRow[]
    try {
      rows = parseSample(beginning, delimiter)
    } catch (error) {
      fault ??= error
      continue
    }
    if (rows.length > 0) empty = false
    tried.push([...rows])
    if (shapeOf(rows, delimiter, { ...options, roughly: true }) === undefined) continue
    const all = beginning === file ? rows : parseSample(file, delimiter)
    const shape = shapeOf(all, delimiter, options)
    if (shape !== undefined) return shape
  }
  if (fault !== undefined && tried.length === 0) throw fault
  if (empty) {
    throw new Fault(
      'IMPORT_REFUSED',
      'The file is empty: expected a header and a row for each reading',
    )
  }
  throw withoutTimes(tried, options)
}

/** undefined: no times are found with this delimiter. */
function shapeOf(
  rows: readonly CsvRow[],
  delimiter: string,
  options: ShapeOptions,
): FileShape | undefined {
  const block = findBlock(rows, options)
  if (block === undefined) return undefined
  const { first, from } = block
  const data = rows.slice(first)
  const header = rows.slice(from, first).map(({ values }) => values)
  const width = Math.max(...header.map(({ length }) => length), commonWidth(data))
  if (width < 2) return undefined
  const columns = columnsOfHeader(header, width)
  const times = findTimes(data, columns, options)
  if (times === undefined) return undefined
  return {
    delimiter,
    columns,
    header,
    rowsBefore: first,
    ...times,
    timeZone: zoneInHeader(columns[times.timePlaces[0] ?? 0]),
    rows: data,
  }
}

/** So many rows may come before the readings. */
const MOST_BEFORE = 100
const MOST_HEADER_ROWS = 8
/** So many rows in a row show that readings have begun. */
const PROOF = 20

/** Returns the index of the first row of data, and that of the first row of the header before it. */
function findBlock(
  rows: readonly CsvRow[],
  { headerLines, map }: ShapeOptions,
): { from: number; first: number } | undefined {
  if (headerLines !== undefined) {
    const [firstLine, lastLine] = headerLines
    const from = rows.findIndex(({ line }) => line >= firstLine)
    const next = rows.findIndex(({ line }) => line > lastLine)
    return from < 0 ? undefined : { from, first: next < 0 ? rows.length : next }
  }
  const named = findNamedHeader(rows, map)
  if (named !== undefined) return named
  for (let first = 0; first < Math.min(rows.length, MOST_BEFORE); first++) {
    const begins = (rows[first]?.values ?? []).some(
      (cell, place) => isTime(cell) && isMostly(rows, first, place, isTime),
    )
    if (begins) {
      const begin = withRowsAbove(rows, first)
      return { from: headerBefore(rows, begin), first: begin }
    }
  }
  for (let first = 0; first < Math.min(rows.length, MOST_BEFORE); first++) {
    const from = headerBefore(rows, first)
    const begins = (rows[first]?.values ?? []).some(
      (cell, place) =>
        isNumberOfTime(cell) &&
        rows.slice(from, first).some(({ values }) => NAMES_TIME.test(values[place] ?? '')) &&
        isMostly(rows, first, place, isNumberOfTime),
    )
    if (begins) return { from, first }
  }
  return undefined
}

/** A header that has the exact name of the time: that of the map, or `timestamp`. */
function findNamedHeader(
  rows: readonly CsvRow[],
  map: ColumnMap,
): { from: number; first: number } | undefined {
  const mapped = map.get('timestamp')
  const isName = (cell: string) =>
    mapped === undefined ? targetOf(cell) === 'timestamp' : cell.trim() === mapped
  const at = rows.slice(0, MOST_BEFORE).findIndex(({ values }) => values.some(isName))
  if (at < 0) return undefined
  const place = rows[at]?.values.findIndex(isName) ?? 0
  let first = at + 1
  while (first < rows.length && first < at + MOST_HEADER_ROWS) {
    const values = rows[first]?.values ?? []
    const isData = values.some((cell) => isTime(cell) || isNumberOfTime(cell) || isNumber(cell))
    const rest = rows.slice(first + 1, first + 1 + PROOF)
    if (isData || !rest.some((row) => isTime(row.values[place] ?? ''))) break
    first++
  }
  // With the rows above it, such as devices, if the name is not the only row.
  return { from: mapped === undefined ? at : headerBefore(rows, at + 1), first }
}

/** The first row of data, if rows above the first time have numbers: their times are to be refused one by one. */
function withRowsAbove(rows: readonly CsvRow[], first: number): number {
  const width = rows[first]?.values.length ?? 0
  let begin = first
  while (begin > 0) {
    const { values = [] } = rows[begin - 1] ?? {}
    if (values.length < width || !values.some(isNumber)) break
    begin--
  }
  return headerBefore(rows, begin) < begin ? begin : first
}

/** The rows right above the data that are as wide as it, more or less. */
function headerBefore(rows: readonly CsvRow[], first: number): number {
  const width = rows[first]?.values.length ?? rows[first - 1]?.values.length ?? 0
  let from = first
  while (from > 0 && first - from < MOST_HEADER_ROWS) {
    const values = rows[from - 1]?.values ?? []
    const written = values.filter((cell) => cell.trim() !== '').length
    if (written < 2 || values.length < width / 2) break
    if (from < first && isTitle(values, width)) break
    from--
  }
  return from
}

/** Whether a row above a header is about the whole file, such as the name and the size of the plant. */
function isTitle(values: readonly string[], width: number): boolean {
  if (
    values.some((cell) => isTime(cell) || /^[+-]?\d[\d.,]*(?: ?[a-z]{1,3})?$/i.test(cell.trim()))
  ) {
    return true
  }
  const last = values.findLastIndex((cell) => cell.trim() !== '')
  return last < width / 2 && values.slice(0, last).every((cell) => cell.trim() !== '')
}

const NAMES_TIME = /time|date|datum|zeit|stamp|epoch|unix|last_changed/i

function isMostly(
  rows: readonly CsvRow[],
  first: number,
  place: number,
  is: (cell: string) => boolean,
): boolean {
  const following = rows.slice(first, first + PROOF)
  const fitting = following.filter(({ values }) => is(values[place] ?? '')).length
  return fitting >= following.length * 0.7
}

const WRITTEN_FORMATS = ['ymd', 'dmy', 'mdy'] as const
const NUMBER_FORMATS = ['unix', 'unix-ms', 'unix-ns', 'excel'] as const

const isTime = (cell: string) =>
  WRITTEN_FORMATS.some((format) => parseTimeAs(cell, format) !== undefined)
const isNumberOfTime = (cell: string) =>
  NUMBER_FORMATS.some((format) => parseTimeAs(cell, format) !== undefined)

const isNumber = (cell: string) => /^\s*[+-]?\d[\d.,]*\s*$/.test(cell)

function commonWidth(rows: readonly CsvRow[]): number {
  const counts = new Map<number, number>()
  for (const { values } of rows.slice(0, MOST_BEFORE)) {
    counts.set(values.length, (counts.get(values.length) ?? 0) + 1)
  }
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 0
}

type Times = Pick<FileShape, 'timePlaces' | 'timeFormat'>

/** One column in which times were found, with every format that reads them. */
interface TimeColumn {
  column: FileColumn
  formats: TimeFormat[]
  withOffset: boolean
  dateAlone: boolean
  /** How many different times it has. */
  distinct: number
}

function findTimes(
  rows: readonly CsvRow[],
  columns: readonly FileColumn[],
  { map, timeFormat, roughly = false }: ShapeOptions,
): Times | undefined {
  const mapped = map.get('timestamp')
  const named = columns.filter(({ cells, name }) =>
    mapped === undefined
      ? cells.some((cell) => targetOf(cell) === 'timestamp')
      : cells.includes(mapped) || name === mapped,
  )
  const all = (named.length > 0 ? named : columns)
    .map((column) => timeColumn(rows, column, timeFormat))
    .filter((column) => column.formats.length > 0)
  // A time that hardly changes is that of something else, such as of the last update.
  const most = Math.max(...all.map(({ distinct }) => distinct))
  const found = all.filter(({ distinct }) => distinct >= most / 2)
  const best =
    found.find(({ withOffset }) => withOffset) ??
    found.find(({ dateAlone }) => !dateAlone) ??
    found[0]
  if (best === undefined) {
    // The rows are refused one by one, with what was expected.
    const column = named[0]
    return column === undefined
      ? undefined
      : { timePlaces: [column.place], timeFormat: timeFormat ?? 'ymd' }
  }
  const timePlaces = [best.column.place]
  if (best.dateAlone) {
    const time = columnOfTimes(rows, columns, map)
    if (time !== undefined && time !== best.column) timePlaces.push(time.place)
  }
  return {
    timePlaces,
    timeFormat: timeFormat ?? (roughly ? best.formats[0] : theOnly(rows, best)) ?? 'ymd',
  }
}

function timeColumn(
  rows: readonly CsvRow[],
  column: FileColumn,
  given: TimeFormat | undefined,
): TimeColumn {
  const cells = rows
    .map(({ values }) => values[column.place] ?? '')
    .filter((cell) => cell.trim() !== '')
  if (!cells.slice(0, PROOF).some((cell) => isTime(cell) || isNumberOfTime(cell))) {
    return { column, formats: [], withOffset: false, dateAlone: false, distinct: 0 }
  }
  const namesTime = column.cells.some((cell) => NAMES_TIME.test(cell))
  const candidates =
    given === undefined ? [...WRITTEN_FORMATS, ...(namesTime ? NUMBER_FORMATS : [])] : [given]
  const counted = candidates.map((format) => ({
    format,
    fitting: cells.filter((cell) => parseTimeAs(cell, format) !== undefined).length,
  }))
  const most = Math.max(0, ...counted.map(({ fitting }) => fitting))
  // Of formats that read nearly all, those that read the most: one day above 12 tells day and month apart.
  const formats =
    most < cells.length * 0.7
      ? []
      : counted.filter(({ fitting }) => fitting === most).map(({ format }) => format)
  const [format = 'ymd'] = formats
  return {
    column,
    formats,
    distinct: new Set(cells).size,
    withOffset: cells.some((cell) => parseTimeAs(cell, format)?.offset !== undefined),
    dateAlone: cells.filter(isDateAlone).length > cells.length * 0.7 || cells.every(isMidnight),
  }
}

function theOnly(rows: readonly CsvRow[], { column, formats: all }: TimeColumn): TimeFormat {
  const formats = all.includes('ymd') && all.length > 1 ? withTwoDigits(rows, column, all) : all
  const [format = 'ymd', other] = formats
  if (other === undefined) return format
  if (column.cells.some((cell) => /\bd{1,2}[./-]m{1,2}[./-]y/i.test(cell))) return 'dmy'
  if (column.cells.some((cell) => /\bm{1,2}[./-]d{1,2}[./-]y/i.test(cell))) return 'mdy'
  const example = rows
    .map(({ values }) => values[column.place] ?? '')
    .find((cell) => cell.trim() !== '')
  if (example?.includes('.') === true && /^\d+\./.test(example.trim())) return 'dmy'
  throw new Fault(
    'BAD_USER_INPUT',
    `The dates of the file can be read two ways: is ${JSON.stringify(example)} ${formats.map((format) => firstWords[format]).join(' or ')}? Give ${formats.map((format) => `--date-format ${format}`).join(' or ')}`,
  )
}

const firstWords: Partial<Record<TimeFormat, string>> = {
  ymd: 'year first',
  dmy: 'day first',
  mdy: 'month first',
}

/** Returns the formats that may be meant by dates such as 26/06/21: the part that changes most is the day. */
function withTwoDigits(
  rows: readonly CsvRow[],
  { place }: FileColumn,
  formats: TimeFormat[],
): TimeFormat[] {
  const parts = rows.map(({ values }) => (values[place] ?? '').trim().split(/[ T./-]/, 3))
  const [first, third] = [0, 2].map((at) => new Set(parts.map((part) => part[at])).size)
  if (first === undefined || third === undefined || first === third) return formats
  return formats.filter((format) => (format === 'ymd') === third > first)
}

function columnOfTimes(
  rows: readonly CsvRow[],
  columns: readonly FileColumn[],
  map: ColumnMap,
): FileColumn | undefined {
  const mapped = map.get('time')
  return columns.find(({ place, cells, name }) =>
    mapped === undefined
      ? isMostly(rows, 0, place, isTimeAlone)
      : cells.includes(mapped) || name === mapped,
  )
}

const ZONE = /\b[A-Za-z]+(?:\/[A-Za-z_+-]+){1,2}\b/

/** The time zone that the header of the time names, such as `Africa/Johannesburg (+02:00)` in exports of VRM. */
function zoneInHeader(column: FileColumn | undefined): string | undefined {
  for (const cell of column?.cells ?? []) {
    const zone = ZONE.exec(cell)?.[0]
    const known = zone === undefined ? undefined : parseTimeZone(zone)
    if (known !== undefined) return known
    if (/\((?:utc|gmt)\)|\b(?:utc|gmt)$/i.test(cell)) return 'UTC'
  }
  return undefined
}

function withoutTimes(tried: readonly (readonly CsvRow[])[], { map }: ShapeOptions): Fault {
  const widest = tried.toSorted((a, b) => commonWidth(b) - commonWidth(a))[0] ?? []
  const header = widest.find(({ values }) => values.length > 1) ?? widest[0]
  const columns = columnsOfHeader([header?.values ?? []], header?.values.length ?? 0)
  const mapped = map.get('timestamp')
  if (mapped !== undefined) {
    return badMap(`no column is called ${JSON.stringify(mapped)}; ${listOf(columns)}`)
  }
  const next = widest[widest.indexOf(header ?? { line: 0, values: [] }) + 1]?.values ?? []
  const named = columns.find(
    ({ name, place }) => NAMES_TIME.test(name) && !isTime(next[place] ?? '1970-01-01'),
  )
  const example =
    named === undefined
      ? ''
      : `; ${JSON.stringify(next[named.place]?.slice(0, 60))} of ${JSON.stringify(named.name)} is no time that is known: expected ${timeFormatWords.ymd}, ${timeFormatWords.dmy}, or the like`
  return badMap(
    `no column is known as the time: name it with --map timestamp=…, and how it writes times with --date-format${example}; ${listOf(columns)}`,
  )
}
