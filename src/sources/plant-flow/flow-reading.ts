import { formatInstant, type Instant } from '../../database/instant.ts'
import { correctValues } from '../../telemetry/check-values.ts'
import type { LimitsOfPlant } from '../../telemetry/plant-limits.ts'
import { emptyReading, type Reading } from '../../telemetry/reading.ts'
import type { WallTime } from '../../telemetry/time-zone.ts'
import { findReadingFault } from '../../telemetry/validate-reading.ts'
import type { Remarks } from './remarks.ts'

/** The numbers of a row: powers in W, without a sign, and the state of charge in %. */
export const flowNumbers = [
  'pvPower',
  'battPower',
  'gridPower',
  'loadPower',
  'genPower',
  'minPower',
  'soc',
] as const

/** The arrows of a row. `xTo`: power leaves x. `toX`: power goes to x. */
export const flowArrows = ['pvTo', 'toGrid', 'toBat', 'batTo', 'gridTo', 'genTo'] as const

/** Whether the plant has a generator, and micro-inverters on the generator's terminals. */
export const flowEquipment = ['existsGen', 'existsMin'] as const

export type FlowNumber = (typeof flowNumbers)[number]
type FlowFlag = (typeof flowArrows)[number] | (typeof flowEquipment)[number]
export type FlowField = FlowNumber | FlowFlag

/** What the table calls each of them. */
export type FlowColumns = Readonly<Record<FlowField, string>>

/** A row of the table: what Sol-Ark's cloud answered about the flow of power in a plant. */
export type FlowRow = Record<FlowNumber, number | null> &
  Record<FlowFlag, boolean | null> & {
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
  columns: FlowColumns
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
 * The table holds the cloud's magnitudes, which have no sign; the arrows say which way power flows. So `batt_power` is
 * positive where power leaves the battery and negative where it goes to the battery; `grid_power` is positive where
 * power comes from the grid. (Comments in the old project say otherwise; its code stores what the cloud sent.) If both
 * arrows of a pair are set, or are not known, the direction is not known either, and the value is null. If both are
 * false, the cloud draws no flow, and the value is 0.
 *
 * The power of micro-inverters, `min_power`, is PV power. The power of the generator's terminals counts as a
 * generator's only where the plant has one: otherwise nothing says what feeds them, and micro-inverters may be counted
 * already.
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
    const remark: Remark = (what, ...fields) => {
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
      soc: row.soc,
      pvPower: pvOf(row, columns, remark),
      batteryPower: signed(row, ['battPower', 'batTo', 'toBat'], columns, remark),
      gridPower: signed(row, ['gridPower', 'gridTo', 'toGrid'], columns, remark),
      loadPower: row.loadPower,
      generatorPower: generatorOf(row, columns, remark),
      ...flagsOf(row),
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

/** Counts what is said of a row; the fields are what the example shows. */
type Remark = (what: string, ...fields: FlowField[]) => void

/** A power, and the arrows that say that it comes towards the house or goes away from it. */
function signed(
  row: FlowRow,
  fields: readonly [power: FlowNumber, towardsHouse: FlowFlag, away: FlowFlag],
  columns: FlowColumns,
  remark: Remark,
): number | null {
  const [power, comes, goes] = [row[fields[0]], row[fields[1]], row[fields[2]]]
  const [name, towardsHouse, away] = fields.map((field) => columns[field])
  if (power === null) return null
  if (power === 0) return 0
  if (power < 0) {
    remark(`${name} is null: expected no sign, got a minus`, ...fields)
    return null
  }
  if (comes === true && goes === true) {
    remark(`${name} is null: ${towardsHouse} and ${away} contradict each other`, ...fields)
    return null
  }
  if (comes === true) return power
  if (goes === true) return -power
  if (comes === null || goes === null) {
    remark(`${name} is null: ${towardsHouse} and ${away} do not tell its direction`, ...fields)
    return null
  }
  remark(`${name} counts as 0: neither ${towardsHouse} nor ${away} is set`, ...fields)
  return 0
}

/** With micro-inverters, half of the PV power would be worse than none. */
function pvOf(row: FlowRow, columns: FlowColumns, remark: Remark): number | null {
  const { pvPower, minPower, existsMin } = row
  const names = `${columns.pvPower} and ${columns.minPower}`
  if (existsMin === true) {
    if (pvPower !== null && minPower !== null) return pvPower + minPower
    if (pvPower !== null || minPower !== null) {
      remark(`PV is null: only one of ${names} is known`, 'pvPower', 'minPower')
    }
    return null
  }
  if (minPower !== null && minPower !== 0) {
    const fields = ['minPower', 'existsMin'] as const
    remark(`${columns.minPower} is not added to PV: ${columns.existsMin} is not true`, ...fields)
  }
  return pvPower
}

function generatorOf(row: FlowRow, columns: FlowColumns, remark: Remark): number | null {
  const { genPower, existsGen } = row
  if (existsGen === true) return genPower
  if (genPower !== null && genPower !== 0) {
    const fields = ['genPower', 'existsGen'] as const
    remark(`${columns.genPower} is null: ${columns.existsGen} is not true`, ...fields)
  }
  return null
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

/**
 * An arrow names one end of a flow, and the flags of a reading name both. (The columns' own names claim more:
 * `pv_to_bat` is set whenever the battery is charged, by whatever.) So a flag is false if one end has no arrow, true if
 * the arrow can only lead to the other end, and null otherwise.
 */
function flagsOf(row: FlowRow): Pick<Reading, 'pvToLoad' | 'pvToBattery' | 'batteryToLoad'> {
  const { toGrid, toBat, batTo, gridTo, genTo } = row
  if ((toBat === true && batTo === true) || (toGrid === true && gridTo === true)) {
    return { pvToLoad: null, pvToBattery: null, batteryToLoad: null }
  }
  const pvTo = either(row.pvTo, microTo(row))
  const pvAndBattery = both(pvTo, toBat)
  return {
    pvToLoad: pvTo === true ? onlyIf(toBat === false && toGrid === false) : pvTo,
    pvToBattery: pvAndBattery === true ? onlyIf(gridTo === false && genTo === false) : pvAndBattery,
    batteryToLoad: batTo === true ? onlyIf(toGrid === false) : batTo,
  }
}

/** Whether micro-inverters deliver power, for which the newer table has no arrow. */
function microTo({ existsMin, minPower }: FlowRow): boolean | null {
  if (existsMin !== true) return false
  return minPower === null ? null : minPower > 0
}

const onlyIf = (certain: boolean): true | null => (certain ? true : null)

/** Of what may be unknown. */
function either(one: boolean | null, other: boolean | null): boolean | null {
  if (one === true || other === true) return true
  return one === false && other === false ? false : null
}

function both(one: boolean | null, other: boolean | null): boolean | null {
  if (one === false || other === false) return false
  return one === true && other === true ? true : null
}
