import { dateOf } from '../database/instant.ts'
import { type NumberField, quantities, quantityOf } from '../quantities.ts'
import type { Reading } from '../telemetry/reading.ts'

/** Returns a reading in words, such as `battery is charging with 1000 W, 500 W go to the grid`. */
export function describeReading(reading: Reading): string {
  const parts = quantities.flatMap(({ field, type }) => {
    const value = reading[field]
    if (value === null) return []
    return typeof value === 'number' && type === 'number' ? [describeValue(field, value)] : []
  })
  const time = dateOf(reading.timestamp).toISOString()
  return `${time}, plant ${reading.plantId}: ${parts.length === 0 ? 'nothing was measured' : parts.join(', ')}`
}

function describeValue(field: NumberField, value: number): string {
  const size = Math.round(Math.abs(value) * 100) / 100
  switch (field) {
    case 'batteryPower':
      return value === 0
        ? 'the battery rests'
        : `the battery is ${value > 0 ? 'discharging' : 'charging'} with ${size} W`
    case 'gridPower':
      return value === 0
        ? 'nothing flows to or from the grid'
        : `${size} W ${value > 0 ? 'come from' : 'go to'} the grid`
    case 'pvPower':
      return `PV gives ${size} W`
    case 'loadPower':
      return `the load takes ${size} W`
    default:
      return `${field} ${Math.round(value * 100) / 100} ${quantityOf(field).unit ?? ''}`.trimEnd()
  }
}
