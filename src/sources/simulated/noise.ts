import type { Draw } from './draw.ts'

/**
 * Value noise: a smooth line from 0 to 1 through one draw every `period` seconds. A pure function of the time;
 * the draws on both sides are remembered, as times mostly come in order.
 */
export function smoothNoise(draw: Draw, period: number): (seconds: number) => number {
  let cell = Number.NaN
  let left = 0
  let right = 0
  return (seconds) => {
    const position = seconds / period
    const at = Math.floor(position)
    if (at !== cell) {
      left = at === cell + 1 ? right : draw(at)
      right = draw(at + 1)
      cell = at
    }
    const part = position - at
    return left + (right - left) * part * part * (3 - 2 * part)
  }
}
