import type { Instant } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import { type FlagField, type NumberField, quantities, quantityOf } from '../../quantities.ts'
import { emptyReading, type Reading } from '../../telemetry/reading.ts'
import { findReadingFault } from '../../telemetry/validate-reading.ts'
import type { CsvColumns, ReadingField } from './columns.ts'
import type { RowFault } from './refused-rows.ts'
import type { CsvRow } from './rows.ts'
import { parseBoolean, parseNumber, parseTime, parseWholeNumber } from './values.ts'
import type { WallClock } from './wall-clock.ts'

/** The signs and units of a file. */
export interface CsvConventions {
  /** In which direction the battery's power and current are positive in the file. */
  batteryPositive: 'charging' | 'discharging'
  /** In which direction the grid's power is positive in the file. */
  gridPositive: 'import' | 'export'
  /** Of every power. */
  unit: 'W' | 'kW'
}

export interface RowParserOptions extends CsvConventions {
  header: readonly string[]
  columns: CsvColumns
  /** The plant of all readings; undefined: the column plant_id says. */
  plantId: number | undefined
  /** For times without an offset; undefined: such times are refused. */
  clock: WallClock | undefined
  now: Instant
}

/** Returns a function that turns a row into a reading, or into the fault for which it is refused. */
export function rowParser(options: RowParserOptions): (row: CsvRow) => Reading | RowFault {
  const { header, columns, clock, now } = options
  const numbers: { field: NumberField; place: number; scale: 1 | 1000; negated: boolean }[] = []
  const booleans: { field: FlagField; place: number }[] = []
  for (const quantity of quantities) {
    const place = columns.places.get(quantity.field)
    if (place === undefined) continue
    if (quantity.type === 'boolean') {
      booleans.push({ field: quantity.field, place })
    } else {
      numbers.push({
        field: quantity.field,
        place,
        scale: quantity.unit === 'W' && options.unit === 'kW' ? 1000 : 1,
        negated: isNegated(quantity.field, options),
      })
    }
  }
  const timePlace = columns.places.get('timestamp') ?? -1
  const plantPlace = columns.places.get('plantId') ?? -1

  return ({ line, values }) => {
    const fault = (field: ReadingField, expected: string, got?: string): RowFault => {
      const place = columns.places.get(field) ?? -1
      const written = got ?? JSON.stringify((values[place] ?? '').slice(0, 60))
      return { line, field: header[place] ?? field, expected, got: written }
    }
    if (values.length !== header.length) {
      return {
        line,
        field: 'row',
        expected: `${header.length} values, as the header has`,
        got: String(values.length),
      }
    }
    const plantId = options.plantId ?? parseWholeNumber(values[plantPlace] ?? '')
    if (plantId === undefined) return fault('plantId', 'a whole number')

    const time = parseTime(values[timePlace] ?? '')
    if (time === undefined) return fault('timestamp', 'a time such as 2026-06-21T18:04:05Z')
    const reading = emptyReading(plantId, 0)
    if (time.offset !== undefined) {
      reading.timestamp = time.wall - time.offset
    } else if (clock !== undefined) {
      reading.timestamp = clock.instantOf(time.wall, plantId)
    } else {
      throw noTimeZone(line, values[timePlace] ?? '')
    }

    for (const { field, place, scale, negated } of numbers) {
      const value = parseNumber(values[place] ?? '', scale)
      if (value === undefined) return fault(field, 'a number, or nothing where not measured')
      // 0 - 0 is 0, where -0 would be another double.
      reading[field] = negated && value !== null ? 0 - value : value
    }
    for (const { field, place } of booleans) {
      const value = parseBoolean(values[place] ?? '')
      if (value === undefined) return fault(field, 'true or false, or nothing where not measured')
      reading[field] = value
    }
    const unfit = findReadingFault(reading, now)
    return unfit === undefined ? reading : fault(unfit.field, unfit.expected)
  }
}

/** Whether the file's sign of a quantity that flows both ways is the opposite of ours. */
function isNegated(field: NumberField, conventions: CsvConventions): boolean {
  switch (quantityOf(field).sign) {
    case 'battery':
      return conventions.batteryPositive === 'charging'
    case 'grid':
      return conventions.gridPositive === 'export'
    default:
      return false
  }
}

function noTimeZone(line: number, time: string): Fault {
  return new Fault(
    'IMPORT_REFUSED',
    `The time ${JSON.stringify(time)} on line ${line} does not say its offset from UTC: name the time zone of the file's clock, such as --time-zone Africa/Johannesburg`,
  )
}
