import { drawsFor } from './draw.ts'
import { smoothNoise } from './noise.ts'

/**
 * The share of clear-sky light that the clouds over a plant let through, 0.25 to 1, by seconds since 1970:
 * spells of weather over hours, single clouds over minutes. A cover N lets 1 - 0.75 · N^3.4 through (Kasten and
 * Czeplak, 1980).
 */
export function cloudsOver(plant: { seed: number; id: number }): (seconds: number) => number {
  const weather = smoothNoise(drawsFor(plant.seed, plant.id, 'weather'), 10 * 3600)
  const passing = smoothNoise(drawsFor(plant.seed, plant.id, 'passing clouds'), 15 * 60)
  const edge = smoothNoise(drawsFor(plant.seed, plant.id, 'edges of clouds'), 40)
  return (seconds) => {
    const spell = 1.5 * weather(seconds) - 0.1
    const cover = spell * (0.5 + 0.9 * passing(seconds) + 0.1 * edge(seconds))
    return 1 - 0.75 * Math.min(1, Math.max(0, cover)) ** 3.4
  }
}
