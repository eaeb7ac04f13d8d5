import fc from 'fast-check'
import type { Database } from '../../src/database/database.ts'
import type { Instant } from '../../src/database/instant.ts'
import { emptyReading, type Measurements, type Reading } from '../../src/telemetry/reading.ts'

export const JUNE: Instant = Date.UTC(2026, 5, 1) * 1000
export const SECOND: Instant = 1_000_000

/** A reading with the given values, everything else not measured. */
export function reading(
  plantId: number,
  timestamp: Instant,
  values: Partial<Measurements> = {},
): Reading {
  return { ...emptyReading(plantId, timestamp), ...values }
}

/** Any measurements that can be stored, every kind of double among them. */
export function measurements(): fc.Arbitrary<Measurements> {
  const number = fc.option(fc.double({ noDefaultInfinity: true, noNaN: true }))
  const flag = fc.option(fc.boolean())
  return fc.record({
    soc: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
    batteryPower: number,
    batteryVoltage: number,
    batteryCurrent: number,
    pvPower: number,
    pvVoltage: number,
    pvCurrent: number,
    loadPower: number,
    gridPower: number,
    pvToGrid: number,
    gridToLoad: number,
    pvToLoad: flag,
    pvToBattery: flag,
    batteryToLoad: flag,
  })
}

/** Everything that is stored, in the order of plant and time. */
export async function storedReadings({ kysely }: Pick<Database, 'kysely'>): Promise<Reading[]> {
  return kysely
    .selectFrom('solark.telemetry')
    .select([
      'plant_id as plantId',
      'timestamp',
      'soc',
      'batt_power as batteryPower',
      'batt_voltage as batteryVoltage',
      'batt_current as batteryCurrent',
      'pv_power as pvPower',
      'pv_voltage as pvVoltage',
      'pv_current as pvCurrent',
      'load_power as loadPower',
      'grid_power as gridPower',
      'pv_to_grid as pvToGrid',
      'grid_to_load as gridToLoad',
      'pv_to_load as pvToLoad',
      'pv_to_bat as pvToBattery',
      'bat_to_load as batteryToLoad',
    ])
    .orderBy('plant_id')
    .orderBy('timestamp')
    .execute()
}
