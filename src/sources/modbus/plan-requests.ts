/** Neighbouring registers that are read at once: `count` words from `first` on. */
export interface RegisterRange {
  first: number
  count: number
}

/** Words of one request: the most that Modbus allows for function 03. */
export const MOST_WORDS = 125

/**
 * Unwanted words that are read along rather than asked around. At 9600 baud a word takes 2 ms, and a request with its
 * answer some 60 ms beside its words.
 */
export const WIDEST_GAP = 32

/** Returns the fewest requests that cover the registers, in ascending order. */
export function planRequests(registers: Iterable<number>): RegisterRange[] {
  const ranges: RegisterRange[] = []
  for (const register of [...new Set(registers)].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    const count = range === undefined ? 0 : register - range.first + 1
    if (range === undefined || count > MOST_WORDS || count - range.count - 1 > WIDEST_GAP) {
      ranges.push({ first: register, count: 1 })
    } else {
      range.count = count
    }
  }
  return ranges
}
