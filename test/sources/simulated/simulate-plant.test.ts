import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Instant, instantOf } from '../../../src/database/instant.ts'
import { countSimulatedReadings, simulatePlant } from '../../../src/sources/simulated/inverter.ts'
import { type SimulatedPlant, simulatedPlants } from '../../../src/sources/simulated/plant.ts'
import type { Reading } from '../../../src/telemetry/reading.ts'
import { findReadingFault } from '../../../src/telemetry/validate-reading.ts'

const SECOND = 1_000_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const anyPlant = fc
  .tuple(fc.maxSafeInteger(), fc.integer({ min: 1, max: 40 }))
  .map(([seed, count]) => lastOf(simulatedPlants(count, seed, undefined)))
const anyInstant = fc
  .integer({ min: Date.UTC(2019, 0, 1) / 1000, max: Date.UTC(2030, 0, 1) / 1000 })
  .map((seconds) => seconds * SECOND)

function lastOf<Item>(items: readonly Item[]): Item {
  const item = items.at(-1)
  if (item === undefined) throw new RangeError('Expected at least one')
  return item
}

function readingAt(plant: SimulatedPlant, at: Instant): Reading {
  return lastOf([...simulatePlant(plant, { from: at, to: at + 1, every: SECOND })])
}

/** Every quantity, none of which a simulated inverter leaves out. */
function measured(reading: Reading) {
  const number = (value: number | null) => value ?? Number.NaN
  return {
    soc: number(reading.soc),
    pv: number(reading.pvPower),
    load: number(reading.loadPower),
    battery: number(reading.batteryPower),
    grid: number(reading.gridPower),
    generator: number(reading.generatorPower),
    pvToGrid: number(reading.pvToGrid),
    gridToLoad: number(reading.gridToLoad),
  }
}

test('what flows in less what the house uses is a small loss, at any time of any plant', () => {
  fc.assert(
    fc.property(anyPlant, anyInstant, (plant, at) => {
      const reading = readingAt(plant, at)
      const { pv, load, battery, grid, generator, pvToGrid, gridToLoad } = measured(reading)
      const losses = pv + battery + grid + generator - load
      expect(losses).toBeGreaterThan(50)
      expect(losses).toBeLessThan(65 + 0.04 * (pv + Math.abs(battery)))
      expect(findReadingFault(reading, at)).toBeUndefined()
      expect(pv).toBeGreaterThanOrEqual(0)
      for (const temperature of [reading.batteryTemperature, reading.inverterTemperature]) {
        expect(temperature).toBeGreaterThan(5)
        expect(temperature).toBeLessThan(90)
      }
      expect(load).toBeGreaterThan(100)
      expect(pvToGrid).toBe(Math.max(0, -grid))
      expect(pvToGrid).toBeLessThanOrEqual(pv)
      expect(gridToLoad).toBeLessThanOrEqual(Math.max(0, grid))
      // The grid never charges the battery, and the battery never feeds the grid.
      if (battery < 0) expect(grid).toBeLessThanOrEqual(0)
      if (battery > 0) expect(grid).toBeGreaterThanOrEqual(0)
      expect([reading.pvToLoad, reading.pvToBattery, reading.batteryToLoad]).toEqual([
        pv > 0,
        battery < 0,
        battery > 0,
      ])
    }),
    { numRuns: 150 },
  )
})

test('currents times voltages are the powers, with their signs', () => {
  fc.assert(
    fc.property(anyPlant, anyInstant, (plant, at) => {
      const reading = readingAt(plant, at)
      const { pv, battery } = measured(reading)
      const { batteryCurrent, batteryVoltage, pvCurrent, pvVoltage } = reading
      expect(batteryVoltage).toBeGreaterThan(46)
      expect(batteryVoltage).toBeLessThan(58)
      expect(Math.abs((batteryCurrent ?? NaN) * (batteryVoltage ?? NaN) - battery)).toBeLessThan(1)
      expect(Math.abs((pvCurrent ?? NaN) * (pvVoltage ?? NaN) - pv)).toBeLessThan(20)
      expect(pvVoltage === 0).toBe(pv === 0)
    }),
    { numRuns: 100 },
  )
})

test.for([
  { every: SECOND, hours: 1, tolerance: 0.6 },
  { every: MINUTE, hours: 48, tolerance: 0.2 },
])(
  'the state of charge is the sum of the battery power at $every µs',
  ({ every, hours, tolerance }) => {
    fc.assert(
      fc.property(anyPlant, anyInstant, (plant, from) => {
        const readings = [...simulatePlant(plant, { from, to: from + hours * HOUR, every })]
        const first = measured(lastOf(readings.slice(0, 1)))
        let stored = 0
        let reached = first.soc
        for (const reading of readings) {
          const { soc, battery } = measured(reading)
          reached = first.soc + (100 * stored) / plant.batteryCapacity
          expect(soc).toBeGreaterThanOrEqual(20)
          expect(soc).toBeLessThanOrEqual(100)
          expect(Math.abs(soc - reached)).toBeLessThan(tolerance)
          const energy = (battery * every) / HOUR
          stored -= battery > 0 ? energy / 0.975 : energy * 0.975
        }
      }),
      { numRuns: 12 },
    )
  },
)

test('the panels give nothing while the sun is down, and something while it is up', () => {
  fc.assert(
    fc.property(anyPlant, anyInstant, (plant, at) => {
      const elevation = elevationByTextbook(plant, at)
      const { pv } = measured(readingAt(plant, at))
      if (elevation < -2) expect(pv).toBe(0)
      if (elevation > 5) expect(pv).toBeGreaterThan(0)
    }),
    { numRuns: 200 },
  )
})

test('over a month, the sun of every plant is at its middle at the noon of its meridian', () => {
  for (const plant of simulatedPlants(11, 5)) {
    const from = Date.UTC(2026, 2, 20) * 1000
    const noon = (12 - plant.longitude / 15) * HOUR
    let energy = 0
    let moment = 0
    for (const reading of simulatePlant(plant, { from, to: from + 40 * DAY, every: 5 * MINUTE })) {
      const { pv } = measured(reading)
      const afterNoon = ((((reading.timestamp - from - noon) / DAY + 0.5) % 1) + 1) % 1
      energy += pv
      moment += pv * (afterNoon - 0.5) * 24 * 60
    }
    expect(energy).toBeGreaterThan(0)
    expect(Math.abs(moment / energy), `${plant.timeZone}, minutes from noon`).toBeLessThan(25)
  }
})

test('by day a full battery exports, by night it discharges, and empty it imports', () => {
  const plant = lastOf(simulatedPlants(2, 1))
  const seen = { charging: 0, exporting: 0, discharging: 0, importing: 0 }
  const from = Date.UTC(2026, 5, 1) * 1000
  for (const reading of simulatePlant(plant, { from, to: from + 20 * DAY, every: MINUTE })) {
    const { soc, pv, battery, grid } = measured(reading)
    const elevation = elevationByTextbook(plant, reading.timestamp)
    if (elevation < -5) {
      expect(battery).toBeGreaterThanOrEqual(0)
      expect(grid).toBeGreaterThanOrEqual(0)
      expect(pv).toBe(0)
      if (battery > 0) seen.discharging += 1
      if (soc === 20 && grid > 0) seen.importing += 1
    } else {
      if (battery < 0) seen.charging += 1
      if (grid < 0 && soc === 100) seen.exporting += 1
    }
  }
  for (const [what, minutes] of Object.entries(seen)) expect(minutes, what).toBeGreaterThan(1000)
})

test('households are lively in the morning and the evening of their own time zone', () => {
  // Over the change to or from daylight saving in London, Los Angeles and on Lord Howe Island.
  for (const [from, to] of [
    ['2026-03-01', '2026-05-01'],
    ['2026-09-20', '2026-11-20'],
  ] as const) {
    for (const plant of simulatedPlants(6, 3)) {
      const sums = new Map<number, { load: number; count: number }>()
      const range = {
        from: instantOf(new Date(from)),
        to: instantOf(new Date(to)),
        every: 20 * MINUTE,
      }
      for (const reading of simulatePlant(plant, range)) {
        const { hour } = Temporal.Instant.fromEpochMilliseconds(
          reading.timestamp / 1000,
        ).toZonedDateTimeISO(plant.timeZone)
        const sum = sums.get(hour) ?? { load: 0, count: 0 }
        sums.set(hour, { load: sum.load + measured(reading).load, count: sum.count + 1 })
      }
      const average = (hour: number) => {
        const { load, count } = sums.get(hour) ?? { load: 0, count: 0 }
        return load / count
      }
      expect(average(7), `${plant.timeZone} at 7`).toBeGreaterThan(1.5 * average(3))
      expect(average(19), `${plant.timeZone} at 19`).toBeGreaterThan(2 * average(3))
      expect(average(19), `${plant.timeZone} at 19`).toBeGreaterThan(1.3 * average(14))
    }
  }
})

test('a reading is the same wherever its range starts and whatever the steps', () => {
  fc.assert(
    fc.property(
      anyPlant,
      anyInstant,
      fc.integer({ min: 0, max: 7 * 24 * 60 }),
      fc.constantFrom(SECOND, 60 * SECOND, 300 * SECOND),
      // A great battery remembers for weeks: of ten times the size, longer than what is worked out before a range, so
      // that of one in a hundred the last digit of the voltage depends on where the range starts.
      fc.integer({ min: 1, max: 4 }),
      (home, instant, minutesEarlier, every, batteries) => {
        const plant = { ...home, batteryCapacity: home.batteryCapacity * batteries }
        const at = Math.floor(instant / every) * every
        const alone = readingAt(plant, at)
        const from = at - minutesEarlier * MINUTE
        const step = every === SECOND ? MINUTE : every
        const early = [...simulatePlant(plant, { from, to: at, every: step })]
        const late = [...simulatePlant(plant, { from: at - 3 * every, to: at + 1, every })]
        expect(lastOf(late)).toEqual(alone)
        for (const reading of early.slice(-2)) {
          expect(reading).toEqual(readingAt(plant, reading.timestamp))
        }
      },
    ),
    { numRuns: 15 },
  )
})

test('another seed and another plant have another day', () => {
  const at = Date.UTC(2026, 2, 21, 10) * 1000
  const range = { from: at, to: at + HOUR, every: MINUTE }
  const loads = (plant: SimulatedPlant) => [...simulatePlant(plant, range)].map((r) => r.loadPower)
  const [first, second] = simulatedPlants(2, 1, 'Europe/London').map(loads)
  const [other] = simulatedPlants(1, 2, 'Europe/London').map(loads)
  expect(first).not.toEqual(second)
  expect(first).not.toEqual(other)
  expect(first).toEqual(simulatedPlants(1, 1, 'Europe/London').map(loads)[0])
})

test('readings lie at whole steps from the start up to the end, which is left out', () => {
  const [plant] = simulatedPlants(1)
  const range = { from: 1_700_000_030 * SECOND, to: 1_700_000_340 * SECOND, every: MINUTE }
  const instants = [...simulatePlant(lastOf([plant].filter((one) => one !== undefined)), range)]
  expect(instants.map((reading) => reading.timestamp / SECOND)).toEqual([
    1_700_000_040, 1_700_000_100, 1_700_000_160, 1_700_000_220, 1_700_000_280,
  ])
  expect(countSimulatedReadings(range)).toBe(5)
})

/** Degrees, by Cooper's declination (1969) and the usual equation of time: good to a degree or so. */
function elevationByTextbook(plant: SimulatedPlant, at: Instant): number {
  const degrees = Math.PI / 180
  const date = new Date(at / 1000)
  const day = (date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 0)) / 86_400_000
  const declination = 23.45 * Math.sin(((360 * (284 + day)) / 365) * degrees) * degrees
  const b = ((360 * (day - 81)) / 365) * degrees
  const equationOfTime = 9.87 * Math.sin(2 * b) - 7.53 * Math.cos(b) - 1.5 * Math.sin(b)
  const solarHour = (day % 1) * 24 + plant.longitude / 15 + equationOfTime / 60
  const hourAngle = (solarHour - 12) * 15 * degrees
  const latitude = plant.latitude * degrees
  const sine =
    Math.sin(latitude) * Math.sin(declination) +
    Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle)
  return Math.asin(sine) / degrees
}
