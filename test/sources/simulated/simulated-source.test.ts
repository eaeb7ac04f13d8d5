import { expect, test } from 'vitest'
import { simulatePlant } from '../../../src/sources/simulated/inverter.ts'
import { simulatedPlants } from '../../../src/sources/simulated/plant.ts'
import { openSimulatedSource } from '../../../src/sources/simulated/simulated-source.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'

const START = Date.UTC(2026, 5, 21, 12) * 1000
const SECOND = 1_000_000
const HOUR = 3600 * SECOND
const signal = new AbortController().signal

/** A simulation with no past, unless `newest` says which; `at` polls it so many seconds after the start. */
function simulate(count: number, newest: ReadonlyMap<number, number> = everyPlantAt(START)) {
  const plants = simulatedPlants(count, 1, 'Europe/London')
  const registered: number[] = []
  const source = openSimulatedSource({
    plants,
    everyMs: 1000,
    register: async (all) => registered.push(...all.map(({ id }) => id)),
    newest: async () => newest,
  })
  const at = async (seconds: number) =>
    (await source.read(START + Math.round(seconds * SECOND), signal)).readings
  return { plants, registered, source, at }
}

const everyPlantAt = (time: number) => new Map([1, 2, 3].map((plant) => [900_000 + plant, time]))

const secondsOf = (readings: readonly Reading[]) =>
  readings.map(({ timestamp }) => (timestamp - START) / SECOND)

test('every plant reports every whole second once, however late it is asked', async () => {
  const { plants, registered, at } = simulate(3)
  const given: Reading[] = []
  for (const seconds of [0.25, 1.24, 1.999, 3, 3.9, 5.1]) given.push(...(await at(seconds)))
  const range = { from: START, to: START + 6 * SECOND, every: SECOND }
  for (const plant of plants) {
    expect(given.filter(({ plantId }) => plantId === plant.id)).toEqual([
      ...simulatePlant(plant, range),
    ])
  }
  expect(given).toHaveLength(18)
  expect(registered).toEqual(plants.map(({ id }) => id))
})

test('after a long break, and after a clock that jumped, it goes on from now', async () => {
  const { at } = simulate(1)
  expect(secondsOf(await at(0))).toEqual([0])
  expect(secondsOf(await at(100))).toEqual([96, 97, 98, 99, 100])
  expect(secondsOf(await at(-3000))).toEqual([-3000])
  expect(secondsOf(await at(-2999))).toEqual([-2999])
})

test('nothing is given before the plants are registered, which is tried at each poll', async () => {
  let attempts = 0
  const source = openSimulatedSource({
    plants: simulatedPlants(1),
    everyMs: 1000,
    register: async () => {
      attempts += 1
      if (attempts < 3) throw new Error('relation "solark.plant" does not exist')
    },
    newest: async () => everyPlantAt(START),
  })
  await expect(source.read(START, signal)).rejects.toThrow('does not exist')
  await expect(source.read(START + SECOND, signal)).rejects.toThrow('does not exist')
  const { readings } = await source.read(START + 2 * SECOND, signal)
  expect(secondsOf(readings)).toEqual([2])
  await source.read(START + 3 * SECOND, signal)
  expect(attempts).toBe(3)
})

test('a first start gives a day of minutes, a later one what was missed, one plant a poll', async () => {
  const { at } = simulate(2, new Map([[900_002, START - HOUR / 2]]))
  const [first, second, third] = [await at(0.25), await at(1.25), await at(2.25)]
  expect([first, second, third].map(({ length }) => length)).toEqual([1442, 32, 2])
  const [past, later] = [first.slice(0, 1440), second.slice(0, 30)]
  expect(new Set(past.map(({ plantId }) => plantId))).toEqual(new Set([900_001]))
  expect(new Set(later.map(({ plantId }) => plantId))).toEqual(new Set([900_002]))
  expect(secondsOf(past).slice(0, 2)).toEqual([60 - 86_400, 120 - 86_400])
  expect(past.at(-1)?.timestamp).toBe(START)
  expect(secondsOf(later)[0]).toBe(60 - 1800)
})

test('a poll that is given up while the plants get ready ends, and the next one goes on', async () => {
  const { source, at } = simulate(3)
  await expect(source.read(START, AbortSignal.abort())).rejects.toThrow('abort')
  expect(secondsOf(await at(1))).toEqual([1, 1, 1])
})
