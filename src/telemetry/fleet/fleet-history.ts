import type { Kysely } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { type NumberField, recordOf } from '../../quantities.ts'
import { energyOf } from '../history/energy.ts'
import { type HistoryRequest, readHistory } from '../history/history.ts'
import { type Fleet, fleetZone } from './fleet.ts'
import { type EnergySums, sumEnergies } from './fleet-energy.ts'
import { powerFields } from './fleet-latest.ts'
import { addNumbers, lowest, type Sums, sumParts } from './sum.ts'

/** One bucket. `sums` are the time-weighted means of the plants' powers, added up, W. */
export interface FleetPoint extends Sums<NumberField, number> {
  start: Instant
  end: Instant
  energy: EnergySums
  /** The lowest share that readings of a plant cover, 0 to 1. */
  coverage: number
}

export interface FleetHistory {
  bucket: string
  timeZone: string
  points: FleetPoint[]
}

/** Returns the powers of a fleet over time. Throws as `readHistory` and `fleetZone` do. */
export async function readFleetHistory(
  kysely: Kysely<Schema>,
  fleet: Fleet,
  request: Omit<HistoryRequest, 'plantId' | 'timeZone' | 'fill'>,
): Promise<FleetHistory> {
  const timeZone = fleetZone(fleet)
  const histories = await Promise.all(
    fleet.plants.map((plant) =>
      readHistory(
        { kysely, loadPlant: async () => plant },
        { ...request, plantId: plant.id, timeZone, fill: 'NULL' },
      ),
    ),
  )
  const fields = powerFields.filter((field) => request.quantities.includes(field))
  const [first] = histories
  const points = (first?.points ?? []).map(({ start, end }, index) => {
    const buckets = histories.flatMap(({ plant, points }) => {
      const point = points[index]
      return point === undefined ? [] : [{ plantId: plant.id, point }]
    })
    const parts = buckets.map(({ plantId, point }) => ({
      plantId,
      values: recordOf(powerFields, (field) => point.range(field)?.avg ?? null),
    }))
    return {
      start,
      end,
      ...sumParts(parts, fields, addNumbers),
      energy: sumEnergies(
        buckets.map(({ plantId, point }) => ({ plantId, values: energyOf(point.summary) })),
        request.quantities,
      ),
      coverage: lowest(buckets.map(({ point }) => point.summary.covered / (end - start))),
    }
  })
  return { bucket: first?.bucket ?? request.bucket ?? 'P1Y', timeZone, points }
}
