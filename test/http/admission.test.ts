import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createAdmission, createFairQueue } from '../../src/http/operations/admission.ts'

const options = { capacity: 10, longestQueue: 1000, patienceMs: 1000 }

afterEach(() => void vi.useRealTimers())

/** Lets everything that is due run. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('clients take turns, each with its work in the order in which it came', async () => {
  const work = fc.array(
    fc.record({ client: fc.constantFrom('a', 'b', 'c'), weight: fc.integer({ min: 1, max: 15 }) }),
    {
      maxLength: 40,
    },
  )
  await fc.assert(
    fc.asyncProperty(work, async (asked) => {
      using turns = createFairQueue(options)
      const begun: { client: string; index: number; weight: number }[] = []
      const ends: (() => void)[] = []
      const endBusy = await turns.take('busy', options.capacity)
      asked.forEach(({ client, weight }, index) => {
        void turns.take(client, weight).then((end) => {
          begun.push({ client, index, weight })
          ends.push(end)
        })
      })
      await settle()
      expect(begun).toEqual([])
      endBusy()
      for (let ended = 0; ended < asked.length; ended++) {
        await settle()
        const underWay = begun.slice(ended)
        const weight = underWay.reduce((sum, one) => sum + one.weight, 0)
        expect(weight <= options.capacity || underWay.length === 1).toBe(true)
        ends[ended]?.()
      }
      await settle()
      expect(begun.map(({ client, index }) => ({ client, index }))).toEqual(inTurn(asked))
    }),
  )
})

/** The first of each client, in the order in which clients came, then the second of each, and so on. */
function inTurn(asked: readonly { client: string }[]) {
  const queues = Map.groupBy(
    asked.map(({ client }, index) => ({ client, index })),
    ({ client }) => client,
  )
  const rounds = Math.max(0, ...[...queues.values()].map(({ length }) => length))
  return Array.from({ length: rounds }, (_, round) =>
    [...queues.values()].flatMap((queue) => queue[round] ?? []),
  ).flat()
}

describe('BUSY', () => {
  test('is told to whom waits in vain, and to who asks for too much at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] })
    using turns = createFairQueue({ ...options, longestQueue: 2 })
    const end = await turns.take('a', 10)
    const waits = [turns.take('a', 1), turns.take('a', 1)].map((wait) =>
      wait.catch((fault) => fault),
    )
    await expect(turns.take('a', 1)).rejects.toMatchObject({ code: 'BUSY' })
    const other = turns.take('b', 1)
    end()
    await other
    expect(turns.waiting).toBe(0)
    await Promise.all(waits)

    await turns.take('c', 5)
    const late = turns.take('a', 9).catch((fault) => fault)
    await vi.advanceTimersByTimeAsync(1001)
    expect(await late).toMatchObject({ code: 'BUSY', message: expect.stringContaining('1 s') })
    expect(turns.waiting).toBe(0)
  })
})

test('after heavy work there is a rest in which nothing begins', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  using turns = createFairQueue({ ...options, restAfter: (weight) => weight * 10 })
  const end = await turns.take('a', 10)
  let begun = false
  void turns.take('b', 1).then(() => {
    begun = true
  })
  end()
  vi.advanceTimersByTime(99)
  await settle()
  expect(begun).toBe(false)
  vi.advanceTimersByTime(1)
  await settle()
  expect(begun).toBe(true)
})

test('expensive operations leave time for answers that are given again, and only for them', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  for (const isReusing of [false, true]) {
    using admission = createAdmission()
    const openTurn = () => admission.openTurn('a', () => false)
    if (isReusing) admission.noteLight()
    const first = openTurn()
    await first.take(60_000)
    first[Symbol.dispose]()
    let begun = false
    using second = openTurn()
    void second.take(60_000).then(() => {
      begun = true
    })
    await settle()
    expect(begun).toBe(!isReusing)
    vi.advanceTimersByTime(1000)
    await settle()
    expect(begun).toBe(true)
  }
})
