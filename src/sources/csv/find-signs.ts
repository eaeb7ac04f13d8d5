import type { Reading } from '../../telemetry/reading.ts'
import type { CsvSigns } from './row-parser.ts'

/** Readings whose battery and grid do less than this, in W, show no sign. */
const ACTIVE = 300
/** W that an inverter may need itself. */
const OWN_USE = 100
const FEWEST = 3

/** Which signed columns a file has. */
export interface SignedColumns {
  batteryPower: boolean
  gridPower: boolean
  batteryCurrent: boolean
}

/**
 * Finds the signs that fit a file, in its readings, which were read with battery + discharging and grid + importing:
 * those with which the powers add up, or, if the battery's power has its sides in columns of their own, those with which
 * its current follows. None: nothing is clear, or nothing has a sign.
 */
export function findSigns(
  readings: readonly Reading[],
  columns: SignedColumns,
): readonly CsvSigns[] {
  if (columns.batteryPower || columns.gridPower) return signsOfPowers(readings)
  return columns.batteryCurrent ? signsOfCurrent(readings) : []
}

function signsOfCurrent(readings: readonly Reading[]): readonly CsvSigns[] {
  const products = readings.map(
    ({ batteryPower, batteryCurrent }) => (batteryPower ?? 0) * (batteryCurrent ?? 0),
  )
  const against = products.filter((product) => product < 0).length
  const along = products.filter((product) => product > 0).length
  if (against + along < FEWEST || Math.max(against, along) < 0.9 * (against + along)) return []
  const batteryPositive = against > along ? 'charging' : 'discharging'
  return combinations.filter((signs) => signs.batteryPositive === batteryPositive)
}

/**
 * Finds the signs with which the powers of a file add up: PV, battery, grid and generator give what the load takes,
 * but for what the inverter itself needs. Of a power that is nearly always 0, both signs fit. None: nothing is clear,
 * since a power is missing or nothing adds up.
 */
function signsOfPowers(readings: readonly Reading[]): readonly CsvSigns[] {
  const active = readings.filter(
    ({ pvPower, loadPower, gridPower, batteryPower }) =>
      pvPower !== null &&
      loadPower !== null &&
      (batteryPower !== null || gridPower !== null) &&
      Math.abs(batteryPower ?? 0) + Math.abs(gridPower ?? 0) > ACTIVE,
  )
  if (active.length < FEWEST) return []
  const size = quantile(
    0.5,
    active.map((reading) => (reading.pvPower ?? 0) + (reading.loadPower ?? 0)),
  )
  const fits = combinations
    .map((signs) => ({
      signs,
      rest: quantile(
        0.75,
        active.map((reading) => imbalance(reading, signs)),
      ),
    }))
    .toSorted((a, b) => a.rest - b.rest)
  const least = fits[0]?.rest ?? 0
  if (least > 0.15 * size) return []
  const alike = fits.filter(({ rest }) => rest <= Math.max(least * 2, 0.02 * size))
  return alike.length === combinations.length ? [] : alike.map(({ signs }) => signs)
}

const combinations: readonly CsvSigns[] = [
  { batteryPositive: 'discharging', gridPositive: 'import' },
  { batteryPositive: 'charging', gridPositive: 'import' },
  { batteryPositive: 'discharging', gridPositive: 'export' },
  { batteryPositive: 'charging', gridPositive: 'export' },
]

function imbalance(reading: Reading, { batteryPositive, gridPositive }: CsvSigns): number {
  const battery = (reading.batteryPower ?? 0) * (batteryPositive === 'charging' ? -1 : 1)
  const grid = (reading.gridPower ?? 0) * (gridPositive === 'export' ? -1 : 1)
  const given = (reading.pvPower ?? 0) + battery + grid + (reading.generatorPower ?? 0)
  return Math.max(0, Math.abs(given - (reading.loadPower ?? 0)) - OWN_USE)
}

function quantile(share: number, values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0
}
