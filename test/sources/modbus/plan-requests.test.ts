import fc from 'fast-check'
import { expect, test } from 'vitest'
import { models } from '../../../src/sources/modbus/maps/models.ts'
import { registersOf } from '../../../src/sources/modbus/maps/register-map.ts'
import { MOST_WORDS, planRequests, WIDEST_GAP } from '../../../src/sources/modbus/plan-requests.ts'

/** Registers that are near each other, as those of an inverter, or far. */
const registers = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 65_535 })),
  { maxLength: 60 },
)

test('every register is covered once, by requests that Modbus allows and that read few words in vain', () => {
  fc.assert(
    fc.property(registers, (wanted) => {
      const ranges = planRequests(wanted)
      const covered = ranges.flatMap(({ first, count }) =>
        Array.from({ length: count }, (_, index) => first + index),
      )
      expect(new Set(covered).size).toBe(covered.length)
      expect(covered).toEqual([...covered].sort((a, b) => a - b))
      for (const register of wanted) expect(covered).toContain(register)
      for (const { first, count } of ranges) {
        expect(count).toBeLessThanOrEqual(MOST_WORDS)
        expect(wanted).toContain(first)
        expect(wanted).toContain(first + count - 1)
        expect(longestGap(wanted, first, count)).toBeLessThanOrEqual(WIDEST_GAP)
      }
    }),
  )
})

test('no plan has fewer requests', () => {
  fc.assert(
    fc.property(registers, (wanted) => {
      expect(planRequests(wanted)).toHaveLength(fewestRequests(wanted))
    }),
  )
})

test('no model takes more than four requests', () => {
  for (const { quantities, generatorPort } of Object.values(models)) {
    const all = registersOf([...Object.values(quantities), generatorPort])
    expect(planRequests(all).length).toBeLessThanOrEqual(4)
  }
})

/** By trying every last request: the fewest for the first n registers. */
function fewestRequests(wanted: readonly number[]): number {
  const sorted = [...new Set(wanted)].sort((a, b) => a - b)
  const fewest = [0]
  for (let end = 1; end <= sorted.length; end += 1) {
    const counts: number[] = []
    for (let begin = 0; begin < end; begin += 1) {
      const first = sorted[begin] ?? 0
      const count = (sorted[end - 1] ?? 0) - first + 1
      if (count > MOST_WORDS || longestGap(wanted, first, count) > WIDEST_GAP) continue
      counts.push((fewest[begin] ?? 0) + 1)
    }
    fewest.push(Math.min(...counts))
  }
  return fewest[sorted.length] ?? 0
}

/** The most words in a row that nobody wants. */
function longestGap(wanted: readonly number[], first: number, count: number): number {
  let longest = 0
  let gap = 0
  for (let register = first; register < first + count; register += 1) {
    gap = wanted.includes(register) ? 0 : gap + 1
    longest = Math.max(longest, gap)
  }
  return longest
}
