/** A pseudorandom number from 0 to below 1 for each whole number: always the same one. */
export type Draw = (index: number) => number

/** The draws for one purpose of one plant; another seed, plant or purpose gives independent ones. */
export function drawsFor(seed: number, plantId: number, purpose: string): Draw {
  let key = mix(mix(seed | 0, Math.floor(seed / 2 ** 32)), plantId)
  for (const character of purpose) key = mix(key, character.charCodeAt(0))
  return (index) => (mix(key, index) >>> 0) / 2 ** 32
}

/** Hashes both numbers with the finaliser of MurmurHash3 (Austin Appleby, public domain). */
function mix(key: number, index: number): number {
  let hash = (key + Math.imul(index, 0x9e3779b1)) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/**
 * Value noise: a smooth curve between 0 and 1 through one draw every `period` seconds. A pure function of the time; the
 * draws on both sides are remembered, because times mostly come in order.
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
