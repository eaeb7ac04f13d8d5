import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { simulatePlant } from '../../../src/sources/simulated/inverter.ts'
import { simulatedPlants } from '../../../src/sources/simulated/plant.ts'
import { startSimulation } from '../../../src/sources/simulated/simulation.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'

const START = Date.UTC(2026, 5, 21, 12)
const HOUR = 3_600_000_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: START + 250 })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Runs a simulation into memory; `store` stands for the database. */
function simulate(
  count: number,
  store: (readings: Reading[]) => Promise<unknown> = async () => {},
  newest?: () => Promise<ReadonlyMap<number, number>>,
) {
  const plants = simulatedPlants(count, 1, 'Europe/London')
  const batches: Reading[][] = []
  const registered: number[] = []
  const logged: { level: number; msg: string }[] = []
  const destination = new Writable({
    write: (line, _encoding, done) => {
      logged.push(JSON.parse(String(line)))
      done()
    },
  })
  const simulation = startSimulation({
    plants,
    everyMs: 1000,
    log: pino(destination),
    register: async (all) => {
      registered.push(...all.map((plant) => plant.id))
    },
    record: async (readings) => {
      batches.push(readings)
      await store(readings)
    },
    ...(newest && { newest }),
  })
  const seconds = () => batches.map((batch) => ((batch[0]?.timestamp ?? 0) / 1000 - START) / 1000)
  return { plants, simulation, batches, registered, logged, seconds }
}

/** Lets the clock run to so many seconds after the start, once what is under way has settled. */
async function runTo(second: number): Promise<void> {
  await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
  await vi.advanceTimersByTimeAsync(START + second * 1000 + 100 - Date.now())
}

test('every plant reports at once and then at every whole second, in one batch', async () => {
  const { plants, simulation, batches, registered, seconds } = simulate(3)
  await runTo(4)
  await simulation[Symbol.asyncDispose]()
  expect(seconds()).toEqual([0, 1, 2, 3, 4])
  expect(registered).toEqual(plants.map((plant) => plant.id))
  const range = { from: START * 1000, to: (START + 5000) * 1000, every: 1_000_000 }
  plants.forEach((plant, index) => {
    expect(batches.map((batch) => batch[index])).toEqual([...simulatePlant(plant, range)])
  })
})

test('after it is disposed of nothing is recorded and no timer is left', async () => {
  const { simulation, batches } = simulate(1)
  await runTo(2)
  await simulation[Symbol.asyncDispose]()
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(batches).toHaveLength(3)
})

test('disposing waits for the batch under way', async () => {
  const stored = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const { simulation } = simulate(1, () => {
    begun.resolve()
    return stored.promise
  })
  await begun.promise
  let disposed = false
  const disposal = simulation[Symbol.asyncDispose]().then(() => {
    disposed = true
  })
  await vi.advanceTimersByTimeAsync(5000)
  expect(disposed).toBe(false)
  stored.resolve()
  await disposal
  expect(disposed).toBe(true)
})

test('a slow batch leaves seconds out and never overlaps with another', async () => {
  let underWay = 0
  let most = 0
  const { simulation, seconds } = simulate(1, async () => {
    underWay += 1
    most = Math.max(most, underWay)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    underWay -= 1
  })
  await runTo(9)
  const disposal = simulation[Symbol.asyncDispose]()
  await vi.advanceTimersByTimeAsync(3000)
  await disposal
  expect(most).toBe(1)
  expect(seconds()).toEqual([0, 3, 6, 9])
})

test('an outage is logged once, and after it only new seconds are recorded', async () => {
  let away = true
  const stored: number[] = []
  const { simulation, logged } = simulate(2, async (readings) => {
    if (away) throw new Error('connect ECONNREFUSED')
    stored.push(((readings[0]?.timestamp ?? 0) / 1000 - START) / 1000)
  })
  await runTo(5)
  expect(logged).toMatchObject([{ level: 40, err: { message: 'connect ECONNREFUSED' } }])
  away = false
  await runTo(7)
  expect(stored).toEqual([6, 7])
  expect(logged.map((line) => line.level)).toEqual([40, 30])
  away = true
  await runTo(9)
  expect(logged.map((line) => line.level)).toEqual([40, 30, 40])
  await simulation[Symbol.asyncDispose]()
})

test('registration is tried until it succeeds, and nothing is recorded before', async () => {
  let attempts = 0
  const batches: Reading[][] = []
  const simulation = startSimulation({
    plants: simulatedPlants(1),
    everyMs: 1000,
    log: pino({ level: 'silent' }),
    register: async () => {
      attempts += 1
      if (attempts < 3) throw new Error('relation "solark.plant" does not exist')
    },
    record: async (readings) => batches.push(readings),
  })
  await runTo(4)
  await simulation[Symbol.asyncDispose]()
  expect(attempts).toBe(3)
  expect(batches.map(([reading]) => (reading?.timestamp ?? 0) / 1000 - START)).toEqual([
    2000, 3000, 4000,
  ])
})

test('a first start catches up with a day of minutes, a later one with what was missed', async () => {
  const now = (START + 250) * 1000
  const newest = new Map([[900_002, now - HOUR / 2]])
  const { simulation, batches } = simulate(
    2,
    async () => {},
    async () => newest,
  )
  await runTo(1)
  await simulation[Symbol.asyncDispose]()
  const [first = [], second = []] = batches
  expect(batches.map((batch) => batch.length)).toEqual([1440, 30, 2, 2])
  expect(new Set(first.map((reading) => reading.plantId))).toEqual(new Set([900_001]))
  expect(first[0]?.timestamp).toBe((START + 60_000) * 1000 - 24 * HOUR)
  expect(second[0]?.timestamp).toBe((START + 60_000) * 1000 - HOUR / 2)
  expect(second.at(-1)?.timestamp).toBe(START * 1000)
})
