import { formatInstant, type Instant } from '../../database/instant.ts'
import { correctValues } from '../../telemetry/check-values.ts'
import type { LimitsOfPlant } from '../../telemetry/plant-limits.ts'
import { emptyReading, type Reading } from '../../telemetry/reading.ts'
import type { WallTime } from '../../telemetry/time-zone.ts'
import { findReadingFault } from '../../telemetry/validate-reading.ts'
import {
  type FlowField,
  type FlowNames,
  type FlowNumber,
  flowNumbers,
  measureFlow,
  type SolarkFlow,
} from '../solark-flow.ts'
import type { Remarks } from './remarks.ts'

/** A row of the table: what Sol-Ark's cloud answered about the flow of power in a plant. */
export interface FlowRow extends SolarkFlow {
  plantId: number | null
  /** An instant, or what the clock showed if the column has no time zone; null if it is no time from 1900 on. */
  time: Instant | WallTime | null
  /** Whether the row keeps the answer, so that `missing` is known. */
  hasAnswer: boolean
  /** What the answer did not have. */
  missing: readonly FlowField[] | null
}

/**
 * What a row says:
 *
 * - `reading`: something was measured.
 * - `empty`: nothing was. Such a row is not stored.
 * - `unusable`: it has no plant or time that a reading may have.
 */
export type FlowResult = Reading | 'empty' | 'unusable'

export interface FlowReaderOptions {
  columns: FlowNames
  timeColumn: string
  /** Returns the instant of a row's time. */
  instantOf: (time: Instant | WallTime, plantId: number) => Instant
  now: Instant
  limitsOf: LimitsOfPlant
  remarks: Remarks
}

/**
 * Returns the function that turns rows into readings.
 *
 * `measureFlow` says what a flow means. (Comments in the old project say otherwise about signs; its code stores what the
 * cloud sent.)
 *
 * The writer stored 0 and false for what an answer lacked. `raw_json` keeps the answer, so these can be told from what
 * was measured. Without it, only a row of nothing but zeros is taken for such an answer.
 *
 * Values that no plant measures are corrected or become null, by `limitsOf`.
 */
export function flowReader(options: FlowReaderOptions): (row: FlowRow) => FlowResult {
  const { columns, timeColumn, instantOf, now, limitsOf, remarks } = options

  return (original) => {
    const { plantId, time } = original
    const timestamp = plantId === null || time === null ? null : instantOf(time, plantId)
    const where = () =>
      `plant ${plantId ?? '?'} at ${timestamp === null ? '?' : formatInstant(timestamp)}`
    if (plantId === null || timestamp === null) {
      remarks.add(`left out: expected a plant_id, and a ${timeColumn} from 1900 to 2254`, where)
      return 'unusable'
    }
    const row = withoutDefaults(original)
    if (isEmpty(row)) {
      remarks.add('left out: nothing was measured, every value is 0 or null', where)
      return 'empty'
    }
    const remark = (what: string, ...fields: FlowField[]) => {
      const values = () => fields.map((field) => `${columns[field]} is ${original[field]}`)
      remarks.add(what, () => `${where()}: ${values().join(', ')}`)
    }
    for (const field of row.missing ?? []) {
      if (isNumber(field) && original[field] === 0 && isUsed(field, row)) {
        remark(`${columns[field]} is not measured: raw_json has no such value`, field)
      }
    }
    const reading: Reading = {
      ...emptyReading(plantId, timestamp),
      ...measureFlow(row, columns, ({ what, fields }) => remark(what, ...fields)),
    }
    const fault = findReadingFault(reading, now)
    if (fault !== undefined) {
      remarks.add(`left out: expected ${fault.expected}`, () => `${where()}: got ${fault.got}`)
      return 'unusable'
    }
    correctValues(reading, limitsOf(reading.plantId), (_, { field, expected, got, action }) => {
      const what = `${field} is ${action === 'OMITTED' ? 'null' : 'corrected'}`
      remarks.add(`${what}: expected ${expected}`, () => `${where()}: got ${got}`)
    })
    return reading
  }
}

function isNumber(field: FlowField): field is FlowNumber {
  return flowNumbers.some((number) => number === field)
}

/** Plants without a generator or micro-inverters need no power of them. */
function isUsed(field: FlowNumber, { existsGen, existsMin }: FlowRow): boolean {
  if (field === 'genPower') return existsGen === true
  if (field === 'minPower') return existsMin === true
  return true
}

/** What the writer put in for lack of an answer becomes null. */
function withoutDefaults(row: FlowRow): FlowRow {
  if (row.missing === null) return row
  const cleaned = { ...row }
  for (const field of row.missing) {
    if (isNumber(field)) {
      if (cleaned[field] === 0) cleaned[field] = null
    } else if (cleaned[field] === false) {
      cleaned[field] = null
    }
  }
  return cleaned
}

/** With the answer at hand, a 0 is a measurement. */
function isEmpty(row: FlowRow): boolean {
  return flowNumbers.every((field) => row[field] === null || (row[field] === 0 && !row.hasAnswer))
}
