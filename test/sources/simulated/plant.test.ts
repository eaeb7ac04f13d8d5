import { expect, test } from 'vitest'
import { simulatedPlants } from '../../../src/sources/simulated/plant.ts'
import { isSimulated } from '../../../src/telemetry/reading.ts'

test('plants are numbered from 900001, the first in the time zone of this machine', () => {
  const plants = simulatedPlants(25)
  expect(plants.map((plant) => plant.id)).toEqual(plants.map((_, index) => 900_001 + index))
  expect(plants.every((plant) => isSimulated(plant.id))).toBe(true)
  expect(plants[0]).toMatchObject({
    name: 'Simulated plant 1',
    timeZone: Temporal.Now.timeZoneId(),
  })
  expect(new Set(plants.slice(1).map((plant) => plant.timeZone)).size).toBe(10)
})

test('a plant is the same however many there are', () => {
  expect(simulatedPlants(30, 7).slice(0, 3)).toEqual(simulatedPlants(3, 7))
})

test('a zone that is not on the list gets a place from its clock', () => {
  const [hobart, kolkata] = ['Australia/Hobart', 'Asia/Colombo'].map(
    (timeZone) => simulatedPlants(1, 1, timeZone)[0],
  )
  expect(hobart).toMatchObject({ latitude: -35, longitude: 150 })
  expect(kolkata).toMatchObject({ latitude: 35, longitude: 82.5 })
  expect(simulatedPlants(3, 1, 'Asia/Colombo').map((plant) => plant.timeZone)).toEqual([
    'Asia/Colombo',
    'Asia/Colombo',
    'Asia/Colombo',
  ])
})
