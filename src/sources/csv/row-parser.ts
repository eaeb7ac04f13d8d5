import type { Instant } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import {
  type FlagField,
  type NumberField,
  numberFields,
  quantities,
  quantityOf,
} from '../../quantities.ts'
import { emptyReading, type Reading } from '../../telemetry/reading.ts'
import { findReadingFault } from '../../telemetry/validate-reading.ts'
import type { Side } from '../sides.ts'
import type { ColumnSource, CsvColumns } from './columns.ts'
import type { FileShape } from './detect-shape.ts'
import type { RowFault } from './refused-rows.ts'
import type { CsvRow } from './rows.ts'
import { baseUnitOf } from './targets.ts'
import { joinDateAndTime, parseTimeAs, timeFormatWords } from './times.ts'
import type { Unit } from './units.ts'
import { type NumberParser, parseBoolean, parseWholeNumber } from './values.ts'
import type { WallClock } from './wall-clock.ts'

/** In which direction the powers of a file are positive. */
export interface CsvSigns {
  /** The battery's power and current. */
  batteryPositive: 'charging' | 'discharging'
  gridPositive: 'import' | 'export'
}

export interface RowParserOptions extends CsvSigns {
  shape: FileShape
  columns: CsvColumns
  numbers: NumberParser
  /** Whether two sides that are both empty are 0, if the row has other values; else they are not measured. */
  emptySidesAreZero: boolean
  /** The plant of all readings; undefined: the column plant_id says. */
  plantId: number | undefined
  /** For times without an offset; undefined: such times are refused. */
  clock: WallClock | undefined
  now: Instant
}

/** Energies of an interval, in watt-hours, by the power or the side that they are of. */
export type IntervalEnergies = Map<NumberField | Side, number>

/** What a row says. */
export interface ParsedRow {
  line: number
  reading: Reading
  /** What it says of the interval that its time stands for; undefined if the file has no energies. */
  energies: IntervalEnergies | undefined
  /** Values that cannot be read; they are null in the reading. */
  faults: readonly RowFault[]
  /** Whether both sides of a power are more than 0: their difference is the reading's. */
  bothSides: boolean
}

export type RowParser = (row: CsvRow) => ParsedRow | RowFault | 'no reading'

const NO_FAULTS: readonly RowFault[] = []

/**
 * Returns a function that turns a row into what it says, or into the fault for which it is refused. A repeated header,
 * a row of totals, and a row that is empty but for its separators are no readings.
 */
export function rowParser(options: RowParserOptions): RowParser {
  const { shape, columns, numbers, clock, now } = options
  const width = shape.columns.length
  const headers = new Set(shape.header.map((row) => row.map((cell) => cell.trim()).join('\0')))
  const measured = numberColumns(columns, options)
  const flags = flagColumns(columns)
  const plantPlace = columns.sources.get('plantId')?.columns[0]?.place ?? -1
  let onlyPlant: number | undefined
  const [datePlace = -1, timePlace] = shape.timePlaces
  const textOfTime = (values: readonly string[]) =>
    timePlace === undefined
      ? (values[datePlace] ?? '')
      : joinDateAndTime(values[datePlace] ?? '', values[timePlace] ?? '')

  const faultAt = (row: CsvRow, place: number, expected: string, text?: string): RowFault => ({
    line: row.line,
    field: shape.columns[place]?.name ?? `column ${place + 1}`,
    expected,
    got: JSON.stringify((text ?? row.values[place] ?? '').slice(0, 60)),
  })
  // What one row cannot say. Made for the first fault, since nearly all rows have none, and a file has millions.
  let faults: RowFault[] | undefined
  const unreadable = (row: CsvRow, place: number, expected: string) => {
    faults ??= []
    faults.push(faultAt(row, place, expected))
  }
  // undefined: not measured. What is missing of a sum makes the sum unknown.
  const sumOf = (row: CsvRow, { places, base }: NumberColumn) => {
    let sum = 0
    for (const { place, exponent } of places) {
      const value = numbers(row.values[place] ?? '', exponent, base)
      if (value === undefined) unreadable(row, place, 'a number, or nothing if not measured')
      if (value == null) return undefined
      sum = places.length === 1 ? value : sum + value
    }
    return sum
  }

  return (row) => {
    const { line, values } = row
    faults = undefined
    if (values.length > width && values.slice(width).some((cell) => cell.trim() !== '')) {
      const expected = `${width} values, as the header has`
      return { line, field: 'row', expected, got: String(values.length) }
    }
    const written = textOfTime(values)
    const time = parseTimeAs(written, shape.timeFormat)
    if (time === undefined) {
      if (isNoReading(values, written, headers)) return 'no reading'
      return faultAt(row, datePlace, timeFormatWords[shape.timeFormat], written)
    }
    const ownPlant = parseWholeNumber(values[plantPlace] ?? '')
    const plantId = options.plantId ?? ownPlant
    if (plantId === undefined) return faultAt(row, plantPlace, 'a whole number')
    if (options.plantId !== undefined && ownPlant !== undefined) {
      onlyPlant ??= ownPlant
      if (ownPlant !== onlyPlant) {
        const expected = `${onlyPlant} as before, because --plant says that all readings are one plant's; without it the column says whose they are`
        return faultAt(row, plantPlace, expected)
      }
    }

    const reading = emptyReading(plantId, 0)
    if (time.offset !== undefined) {
      reading.timestamp = time.wall - time.offset
    } else if (clock !== undefined) {
      reading.timestamp = clock.instantOf(time.wall, plantId)
    } else {
      throw noTimeZone(line, written)
    }
    const unfit = findReadingFault(reading, now)
    if (unfit !== undefined) {
      return unfit.field === 'plantId' && plantPlace >= 0
        ? faultAt(row, plantPlace, unfit.expected)
        : faultAt(row, datePlace, unfit.expected, written)
    }

    const energies: IntervalEnergies | undefined = measured.hasEnergies ? new Map() : undefined
    for (const column of measured.numbers) {
      const sum = sumOf(row, column)
      if (sum === undefined) continue
      const value = column.fahrenheit ? (sum - 32) / 1.8 : sum
      // 0 - 0 is 0, where -0 would be another double.
      const signed = column.negated ? 0 - value : value
      if (column.isEnergy) energies?.set(column.field, signed)
      else reading[column.field] = signed
    }
    let bothSides = false
    for (const { field, positive, negative } of measured.pairs) {
      const up = positive === undefined ? 0 : sumOf(row, positive)
      const down = negative === undefined ? 0 : sumOf(row, negative)
      if (positive?.isEnergy === true || negative?.isEnergy === true) {
        if (positive !== undefined && up !== undefined) energies?.set(positive.side, Math.abs(up))
        if (negative !== undefined && down !== undefined) {
          energies?.set(negative.side, Math.abs(down))
        }
        continue
      }
      if (options.emptySidesAreZero && up === undefined && down === undefined) {
        if (numberFields.some((other) => reading[other] !== null)) reading[field] = 0
        continue
      }
      // A side alone tells the power only if it is not 0.
      if ((up === undefined || down === undefined) && (up ?? down ?? 0) === 0) continue
      bothSides ||= (up ?? 0) !== 0 && (down ?? 0) !== 0
      reading[field] = Math.abs(up ?? 0) - Math.abs(down ?? 0)
    }
    for (const { field, place } of flags) {
      const value = parseBoolean(values[place] ?? '')
      if (value === undefined) unreadable(row, place, 'true or false, or nothing if not measured')
      else reading[field] = value
    }
    return { line, reading, energies, faults: faults ?? NO_FAULTS, bothSides }
  }
}

interface NumberColumn {
  places: readonly { place: number; exponent: number }[]
  base: Unit['base'] | undefined
  isEnergy: boolean
}

interface MeasuredColumns {
  numbers: readonly (NumberColumn & { field: NumberField; negated: boolean; fahrenheit: boolean })[]
  /** The sides of a power that flows both ways. */
  pairs: readonly {
    field: NumberField
    positive: (NumberColumn & { side: Side }) | undefined
    negative: (NumberColumn & { side: Side }) | undefined
  }[]
  hasEnergies: boolean
}

function numberColumns({ sources }: CsvColumns, signs: CsvSigns): MeasuredColumns {
  const numbers = quantities.flatMap((quantity) => {
    const source = sources.get(quantity.field)
    if (source === undefined || quantity.type !== 'number') return []
    const { field } = quantity
    const fahrenheit = source.unit?.base === '°F'
    return [{ field, ...numberColumn(field, source), negated: isNegated(field, signs), fahrenheit }]
  })
  const side = (target: Side) => {
    const source = sources.get(target)
    return source === undefined ? undefined : { side: target, ...numberColumn(target, source) }
  }
  const pairs = [
    { field: 'batteryPower', positive: side('batteryDischarge'), negative: side('batteryCharge') },
    { field: 'gridPower', positive: side('gridImport'), negative: side('gridExport') },
  ] as const
  const present = pairs.filter(({ positive, negative }) => (positive ?? negative) !== undefined)
  const all = [...numbers, ...present.flatMap(({ positive, negative }) => [positive, negative])]
  return { numbers, pairs: present, hasEnergies: all.some((column) => column?.isEnergy === true) }
}

function numberColumn(
  target: NumberField | Side,
  { columns, unit, exponents }: ColumnSource,
): NumberColumn {
  return {
    base: unit?.base ?? baseUnitOf(target),
    places: columns.map(({ place }, index) => ({ place, exponent: exponents[index] ?? 0 })),
    isEnergy: unit?.base === 'Wh',
  }
}

function flagColumns({ sources }: CsvColumns): { field: FlagField; place: number }[] {
  return quantities.flatMap(({ field, type }) => {
    const place = sources.get(field)?.columns[0]?.place
    return type === 'boolean' && place !== undefined ? [{ field, place }] : []
  })
}

/** Whether the file's sign of a quantity that flows both ways is the opposite of ours. */
export function isNegated(field: NumberField, signs: CsvSigns): boolean {
  switch (quantityOf(field).sign) {
    case 'battery':
      return signs.batteryPositive === 'charging'
    case 'grid':
      return signs.gridPositive === 'export'
    default:
      return false
  }
}

const TOTAL =
  /^(?:sum|sums|total|totals|grand total|average|avg|mean|max|min|minimum|maximum|summe|gesamt|mittelwert)\b/i

function isNoReading(
  values: readonly string[],
  time: string,
  headers: ReadonlySet<string>,
): boolean {
  if (values.every((cell) => cell.trim() === '')) return true
  return (
    TOTAL.test(time.trim() || (values[0] ?? '').trim()) ||
    headers.has(values.map((cell) => cell.trim()).join('\0'))
  )
}

function noTimeZone(line: number, time: string): Fault {
  return new Fault(
    'IMPORT_REFUSED',
    `The time ${JSON.stringify(time)} on line ${line} does not say its offset from UTC: name the time zone of the file's clock, such as --time-zone Africa/Johannesburg`,
  )
}
