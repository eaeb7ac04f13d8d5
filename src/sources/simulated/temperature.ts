import { drawsFor } from './draw.ts'
import { smoothNoise } from './noise.ts'
import type { SimulatedPlant } from './plant.ts'

const DAY_S = 86_400
const WARMEST = 15 / 24

/** °C where the equipment of a plant hangs, by seconds since 1970: weather over days, and warmest at three in the afternoon. */
export function airAround(
  plant: Pick<SimulatedPlant, 'seed' | 'id' | 'longitude'>,
): (seconds: number) => number {
  const weather = smoothNoise(drawsFor(plant.seed, plant.id, 'air'), 1.5 * DAY_S)
  return (seconds) => {
    const ofDay = seconds / DAY_S + plant.longitude / 360
    return 14 + 12 * weather(seconds) + 5 * Math.cos(2 * Math.PI * (ofDay - WARMEST))
  }
}
