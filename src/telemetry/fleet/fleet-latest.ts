import type { Instant } from '../../database/instant.ts'
import { type NumberField, numberFields, quantityOf, recordOf } from '../../quantities.ts'
import type { Plant } from '../plant.ts'
import { measured } from '../reading.ts'
import type { Fleet } from './fleet.ts'
import { addNumbers, type Sums, sumParts } from './sum.ts'

/** The powers: they add up, which voltages and states of charge do not. */
export const powerFields: readonly NumberField[] = numberFields.filter(
  (field) => quantityOf(field).unit === 'W',
)

export interface FleetLatest extends Sums<NumberField, number> {
  /** Of the oldest of the newest readings; null if a plant has none. */
  timestamp: Instant | null
}

/** Adds up the newest readings of the plants. That of a stale plant is missing, as one that does not exist. */
export function latestOfFleet(
  { plants }: Fleet,
  fields: readonly NumberField[],
  stale: ReadonlySet<Plant>,
): FleetLatest {
  const parts = plants.map((plant) => {
    const fresh = stale.has(plant) ? null : plant.latest
    return {
      plantId: plant.id,
      values: recordOf(numberFields, (field) => measured(field, fresh?.[field] ?? null)),
    }
  })
  const times = plants.map(({ latest }) => latest?.timestamp ?? null)
  return {
    timestamp: times.reduce(
      (oldest, time) => (oldest === null || time === null ? null : Math.min(oldest, time)),
      times[0] ?? null,
    ),
    ...sumParts(parts, fields, addNumbers),
  }
}
