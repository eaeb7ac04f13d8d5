import fc from 'fast-check'

export const kinds = ['server', 'postgres', 'both'] as const

/** What is killed. */
export type Kind = (typeof kinds)[number]

/** One `kill -9` and its moment. */
export interface Kill {
  kind: Kind
  /** Milliseconds after all has recovered from the previous kill. */
  afterMs: number
  /** Whether it comes during recovery from the previous kill; then `afterMs` counts from that kill. */
  amidRecovery: boolean
  /** For `both`: which is killed first, and how many milliseconds before the other. */
  serverFirst: boolean
  gapMs: number
  /** Whether the running import is killed too. */
  importToo: boolean
}

/** So many kills of each kind, in any order. */
export function killsOfEachKind(count: number): fc.Arbitrary<Kill[]> {
  const all = Array.from({ length: count * kinds.length }, (_, index) => index % kinds.length)
  const order = fc.shuffledSubarray([...all.keys()], { minLength: all.length })
  const moment = fc.record({
    afterMs: fc.noBias(fc.integer({ min: 0, max: 400 })),
    amidRecovery: fc.noBias(fc.integer({ min: 1, max: 4 })).map((draw) => draw === 1),
    serverFirst: fc.boolean(),
    gapMs: fc.noBias(fc.integer({ min: 0, max: 100 })),
    importToo: fc.boolean(),
  })
  return order.chain((places) =>
    fc.tuple(
      ...places.map((place) =>
        moment.map((drawn) => ({ ...drawn, kind: kinds[place % kinds.length] ?? 'both' })),
      ),
    ),
  )
}
