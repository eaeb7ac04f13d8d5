import type { Instant } from '../../database/instant.ts'
import type { Reading } from '../../telemetry/reading.ts'
import { simulatePlant } from './inverter.ts'
import type { SimulatedPlant } from './plant.ts'

const MINUTE = 60_000_000
const LONGEST_GAP = 24 * 60 * MINUTE
const MOST_PLANTS = 20

/**
 * What the plants would have reported while nobody was there, so that charts are not empty: a reading a minute
 * from each plant's newest one on, at most the last 24 hours, a batch a plant. Only for the first 20 plants; who
 * simulates more wants load, and gives them a past with `npm run simulate`.
 */
export function* missedReadings(
  plants: readonly SimulatedPlant[],
  newest: ReadonlyMap<number, Instant>,
  now: Instant,
): Generator<Reading[]> {
  for (const plant of plants.slice(0, MOST_PLANTS)) {
    const from = Math.max(now - LONGEST_GAP, (newest.get(plant.id) ?? 0) + 1)
    const readings = [...simulatePlant(plant, { from, to: now, every: MINUTE })]
    if (readings.length > 0) yield readings
  }
}
