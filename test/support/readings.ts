import fc from 'fast-check'
import type { Database } from '../../src/database/database.ts'
import type { Instant } from '../../src/database/instant.ts'
import {
  flagFields,
  isOneWay,
  type Measurements,
  type NumberField,
  numberFields,
  quantityOf,
  readingColumns,
  recordOf,
} from '../../src/quantities.ts'
import { ABSURD, emptyReading, type Reading } from '../../src/telemetry/reading.ts'

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

/** Any measurements that can be right, every kind of double among them. */
export function plausibleMeasurements(): fc.Arbitrary<Measurements> {
  const flag = fc.option(fc.boolean())
  const number = (field: NumberField) => {
    const { unit } = quantityOf(field)
    const most = { W: 60_000, '%': 100, V: 600, A: 600, '°C': 100 }[unit ?? 'W']
    const least = isOneWay(field) || unit === '%' || unit === 'V' ? 0 : unit === '°C' ? -40 : -most
    return fc.option(fc.double({ min: least, max: most, noNaN: true }))
  }
  return fc.record({ ...recordOf(numberFields, number), ...recordOf(flagFields, () => flag) })
}

/** Any measurements that a table can hold, every kind of double among them. */
export function measurements(): fc.Arbitrary<Measurements> {
  const number = fc.option(
    fc.double({ min: -ABSURD, max: ABSURD, minExcluded: true, maxExcluded: true, noNaN: true }),
  )
  const flag = fc.option(fc.boolean())
  return fc.record({
    ...recordOf(numberFields, () => number),
    ...recordOf(flagFields, () => flag),
    soc: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
  })
}

/** Everything that is stored, in the order of plant and time. */
export async function storedReadings({ kysely }: Pick<Database, 'kysely'>): Promise<Reading[]> {
  const rows = await kysely
    .selectFrom('solark.telemetry')
    .select(readingColumns)
    .orderBy('plant_id')
    .orderBy('timestamp')
    .execute()
  return rows.map(({ id: _, createdAt: __, ...reading }) => reading)
}
