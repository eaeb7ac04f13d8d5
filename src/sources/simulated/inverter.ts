import type { Instant } from '../../database/instant.ts'
import type { Reading } from '../../telemetry/reading.ts'
import { householdOf } from './household.ts'
import type { SimulatedPlant } from './plant.ts'
import { airAround, clearSky, cloudsOver } from './weather.ts'

const MINUTES_A_DAY = 1440
const LONGEST_LOOK_BACK_DAYS = 64
/** Share of the panels' power that heat, dust and cables leave. */
const PANEL_YIELD = 0.88
const BATTERY_RESISTANCE_OHM = 0.012

/**
 * The inverter of a simulated plant. A reading depends only on the plant and the instant, not on what was read before;
 * reading in order of time is fastest.
 *
 * Sun, clouds and load are pure functions of the time. The battery has a past: its energy is computed for whole minutes
 * since 1970, each minute from its first second, and is interpolated between them. To find the energy at a minute, the
 * two days before it are run twice, from an empty and from a full battery. If both runs meet, no earlier past makes a
 * difference. If they do not, the look-back doubles, up to 64 days.
 */
export class SimulatedInverter {
  readonly #plant: SimulatedPlant
  readonly #battery: Battery
  readonly #sky: (seconds: number) => number
  readonly #clouds: (seconds: number) => number
  readonly #load: (seconds: number) => number
  readonly #air: (seconds: number) => number
  #minute = Number.NEGATIVE_INFINITY
  /** Wh at the start of the minute, and what the minute adds. */
  #energy = 0
  #change = 0

  constructor(plant: SimulatedPlant) {
    this.#plant = plant
    this.#battery = new Battery(plant)
    this.#sky = clearSky(plant)
    this.#clouds = cloudsOver(plant)
    this.#load = householdOf(plant)
    this.#air = airAround(plant)
  }

  readingAt(instant: Instant): Reading {
    const seconds = instant / 1e6
    const minute = Math.floor(seconds / 60)
    if (minute !== this.#minute) this.#goTo(minute)

    const pv = this.#pv(seconds)
    const load = this.#load(seconds)
    const battery = this.#battery
    const flows = shareOut(pv, load, battery.limitsAt(this.#energy))
    const passed = seconds / 60 - minute
    const charge =
      (this.#energy + (battery.after(this.#energy, this.#change) - this.#energy) * passed) /
      this.#plant.batteryCapacity

    const pvPower = round(pv, 1)
    const loadPower = round(load, 1)
    const batteryPower = round(flows.battery, 1)
    const gridPower = round(flows.grid, 1)
    const pvVoltage = pvPower === 0 ? 0 : round(300 + 70 * (pvPower / (pvPower + 250)), 10)
    const batteryVoltage = round(terminalVoltage(charge, batteryPower), 100)
    const air = this.#air(seconds)
    const throughput = Math.max(pv, load, Math.abs(batteryPower)) / this.#plant.pvPeakPower
    return {
      plantId: this.#plant.id,
      timestamp: instant,
      soc: round(100 * charge, 10),
      batteryPower,
      batteryVoltage,
      batteryCurrent: round(batteryPower / batteryVoltage, 100),
      pvPower,
      pvVoltage,
      pvCurrent: pvPower === 0 ? 0 : round(pvPower / pvVoltage, 10),
      loadPower,
      gridPower,
      // Simulated plants have no generator.
      generatorPower: 0,
      batteryTemperature: round(
        11 + 0.5 * air + 4 * Math.abs(batteryPower / this.#plant.batteryPower),
        10,
      ),
      inverterTemperature: round(air + 8 + 28 * throughput, 10),
      pvToGrid: Math.max(0, -gridPower),
      gridToLoad: Math.max(0, Math.min(gridPower, loadPower - pvPower - batteryPower)),
      pvToLoad: pvPower > 0,
      pvToBattery: batteryPower < 0,
      batteryToLoad: batteryPower > 0,
    }
  }

  #pv(seconds: number): number {
    const light = this.#sky(seconds)
    if (light === 0) return 0
    return (this.#plant.pvPeakPower * PANEL_YIELD * light * this.#clouds(seconds)) / 1000
  }

  #changeOver(minute: number): number {
    return this.#battery.change(this.#pv(minute * 60), this.#load(minute * 60))
  }

  #goTo(minute: number): void {
    const ahead = minute - this.#minute
    if (ahead > 0 && ahead <= 2 * MINUTES_A_DAY) {
      for (let at = this.#minute; at < minute; at += 1) {
        this.#energy = this.#battery.after(this.#energy, this.#change)
        this.#change = this.#changeOver(at + 1)
      }
    } else {
      this.#energy = this.#energyAt(minute)
      this.#change = this.#changeOver(minute)
    }
    this.#minute = minute
  }

  #energyAt(minute: number): number {
    const battery = this.#battery
    for (let days = 2; ; days *= 2) {
      let low = battery.least
      let high = battery.most
      for (let at = minute - days * MINUTES_A_DAY; at < minute; at += 1) {
        const change = this.#changeOver(at)
        low = battery.after(low, change)
        high = battery.after(high, change)
      }
      if (low === high || days >= LONGEST_LOOK_BACK_DAYS) return low
    }
  }
}

/**
 * Volts of 16 lithium iron phosphate cells in series: the voltage at rest by state of charge, less the drop by current.
 */
function terminalVoltage(charge: number, power: number): number {
  const atRest = 50.4 + 2.6 * charge + 1.2 * charge ** 12
  return atRest - (power / atRest) * BATTERY_RESISTANCE_OHM
}

/** Rounds to a whole number of parts of a unit, and never to -0. */
function round(value: number, parts: number): number {
  return Math.round(value * parts) / parts + 0
}

/** Efficiency of the cells, once for charging and once for discharging. */
const CELL_EFFICIENCY = 0.975
/** W that the inverter itself uses, and the shares of PV and battery power that it loses as heat. */
const OWN_USE = 60
const PV_LOSS = 0.025
const BATTERY_LOSS = 0.03

/** The share of the battery's charge that is reserved for an outage. */
const RESERVE = 0.2

const MINUTES_AN_HOUR = 60

/** How the power of one moment is distributed: W, positive towards the house. */
interface Flows {
  battery: number
  grid: number
}

interface BatteryLimits {
  /** W, both >= 0. */
  charge: number
  discharge: number
}

/**
 * Self-consumption: PV serves the load; a surplus charges the battery and then goes to the grid; what is missing comes
 * from the battery and then from the grid. pv + battery + grid - load is what the inverter loses.
 */
function shareOut(pv: number, load: number, limits: BatteryLimits): Flows {
  const missing = load + OWN_USE - pv * (1 - PV_LOSS)
  const battery =
    missing > 0
      ? Math.min(limits.discharge, missing / (1 - BATTERY_LOSS))
      : -Math.min(limits.charge, -missing / (1 + BATTERY_LOSS))
  return { battery, grid: missing - battery + BATTERY_LOSS * Math.abs(battery) }
}

/** A battery's energy from minute to minute. Energy is Wh in the cells, power W at the terminals. */
class Battery {
  readonly least: number
  readonly most: number
  readonly #limits: BatteryLimits

  constructor(battery: { batteryCapacity: number; batteryPower: number }) {
    this.least = battery.batteryCapacity * RESERVE
    this.most = battery.batteryCapacity
    this.#limits = { charge: battery.batteryPower, discharge: battery.batteryPower }
  }

  /** Wh that a minute with this PV and load would add, were the battery neither full nor empty. */
  change(pv: number, load: number): number {
    const { battery } = shareOut(pv, load, this.#limits)
    return battery > 0
      ? -battery / CELL_EFFICIENCY / MINUTES_AN_HOUR
      : (-battery * CELL_EFFICIENCY) / MINUTES_AN_HOUR
  }

  /** The energy after such a minute. */
  after(energy: number, change: number): number {
    return Math.min(this.most, Math.max(this.least, energy + change))
  }

  /** The power that can be held for a minute from this energy. */
  limitsAt(energy: number): BatteryLimits {
    const room = ((this.most - energy) / CELL_EFFICIENCY) * MINUTES_AN_HOUR
    const reach = (energy - this.least) * CELL_EFFICIENCY * MINUTES_AN_HOUR
    return {
      charge: Math.min(this.#limits.charge, room),
      discharge: Math.min(this.#limits.discharge, reach),
    }
  }
}

export interface SimulatedRange {
  /** Included. */
  from: Instant
  /** Not included. */
  to: Instant
  /** Microseconds between readings. */
  every: number
}

/**
 * The readings of a plant in a range, in order of time, computed as they are consumed. Their times are whole multiples
 * of `every` since 1970, and each depends only on the plant and its instant, so that ranges may overlap or join.
 */
export function* simulatePlant(plant: SimulatedPlant, range: SimulatedRange): Generator<Reading> {
  const inverter = new SimulatedInverter(plant)
  for (let at = firstInstant(range); at < range.to; at += range.every) yield inverter.readingAt(at)
}

/** How many readings a plant has in a range. */
export function countSimulatedReadings(range: SimulatedRange): number {
  return Math.max(0, Math.ceil((range.to - firstInstant(range)) / range.every))
}

function firstInstant({ from, every }: SimulatedRange): Instant {
  return Math.ceil(from / every) * every
}
