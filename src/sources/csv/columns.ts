import { parse } from 'csv-parse/sync'
import { Fault } from '../../fault.ts'
import { quantities } from '../../quantities.ts'
import type { Reading } from '../../telemetry/reading.ts'

export type ReadingField = keyof Reading

const known: readonly { field: ReadingField; column: string }[] = [
  { field: 'plantId', column: 'plant_id' },
  { field: 'timestamp', column: 'timestamp' },
  ...quantities,
]

/** Which value of a row belongs to which field. */
export interface CsvColumns {
  /** The place of each field's value in a row. */
  readonly places: ReadonlyMap<ReadingField, number>
  /** Names of the columns that are not read. */
  readonly ignored: readonly string[]
}

/** The header for each field, as a user names them; see `parseColumnMap`. */
export type ColumnMap = ReadonlyMap<ReadingField, string>

/**
 * Reads `column=header,…`, where column is a column of solark.telemetry or a field of the API; a header that
 * contains a comma is quoted as in CSV: `"pv_power=Power, W"`. Throws `BAD_USER_INPUT`.
 */
export function parseColumnMap(texts: readonly string[]): ColumnMap {
  const map = new Map<ReadingField, string>()
  for (const entry of texts.flatMap(entriesOf)) {
    const at = entry.indexOf('=')
    if (at < 1) {
      throw badMap(`expected column=header, such as pv_power=pv_w; got ${JSON.stringify(entry)}`)
    }
    const name = entry.slice(0, at).trim()
    const field = fieldOf(name)
    if (field === undefined) {
      const names = known.map(({ column }) => column).join(', ')
      throw badMap(`unknown column ${JSON.stringify(name)}; expected one of ${names}`)
    }
    if (map.has(field)) throw badMap(`${name} is given twice`)
    map.set(field, entry.slice(at + 1).trim())
  }
  return map
}

/**
 * Finds the fields in a file's header: those of the map under the names that it gives, all others under the
 * name of their column or API field in upper or lower case. Throws `BAD_USER_INPUT`.
 */
export function findColumns(header: readonly string[], map: ColumnMap): CsvColumns {
  const names = header.map((name) => name.trim())
  const found = `the file has ${names.map((name) => JSON.stringify(name)).join(', ')}`
  const places = new Map<ReadingField, number>()
  for (const [field, name] of map) {
    const place = names.indexOf(name)
    if (place < 0) throw badMap(`no column is called ${JSON.stringify(name)}; ${found}`)
    if (names.indexOf(name, place + 1) > 0) {
      throw badMap(`more than one column is called ${JSON.stringify(name)}; ${found}`)
    }
    places.set(field, place)
  }
  const mapped = new Set(places.values())
  for (const [place, name] of names.entries()) {
    const field = mapped.has(place) ? undefined : fieldOf(name)
    if (field === undefined || map.has(field)) continue
    const other = places.get(field)
    if (other !== undefined) {
      throw badMap(`${names[other]} and ${name} are the same column; name the right one with --map`)
    }
    places.set(field, place)
  }
  if (!places.has('timestamp')) {
    throw badMap(`no column is known as the time: name it with --map timestamp=…; ${found}`)
  }
  if (!quantities.some(({ field }) => places.has(field))) {
    throw badMap(`no column is known as a measurement: name them with --map soc=…; ${found}`)
  }
  const used = new Set(places.values())
  return { places, ignored: names.filter((_, place) => !used.has(place)) }
}

function fieldOf(name: string): ReadingField | undefined {
  const lower = name.toLowerCase()
  return known.find(({ field, column }) => column === lower || field.toLowerCase() === lower)?.field
}

function entriesOf(text: string): string[] {
  const records: string[][] = parse(text, { relax_quotes: true, relax_column_count: true })
  return records.flat()
}

function badMap(reason: string): Fault {
  return new Fault('BAD_USER_INPUT', `The columns of the file do not fit: ${reason}`)
}
