import { type Instant, instantOf } from '../../src/database/instant.ts'
import { simulatePlant } from '../../src/sources/simulated/inverter.ts'
import { simulatedPlants } from '../../src/sources/simulated/plant.ts'
import { FIRST_SIMULATED_PLANT, type Reading } from '../../src/telemetry/reading.ts'

const SECOND: Instant = 1_000_000

/**
 * Readings of plants 1 to `plants` up to some moments ago, with every quantity, in the order in which they
 * would arrive: of every plant at one instant, then at the next.
 */
export function arrivingReadings(options: {
  plants: number
  instants: number
  everySeconds: number
}): Reading[] {
  const every = options.everySeconds * SECOND
  const to = Math.floor((instantOf(new Date()) - 60 * SECOND) / every) * every
  const range = { from: to - options.instants * every, to, every }
  const series = simulatedPlants(options.plants, 1, 'UTC').map((plant) =>
    [...simulatePlant(plant, range)].map((reading) => ({
      ...reading,
      plantId: reading.plantId - FIRST_SIMULATED_PLANT + 1,
    })),
  )
  return Array.from({ length: options.instants }, (_, instant) =>
    series.flatMap((readings) => readings[instant] ?? []),
  ).flat()
}
