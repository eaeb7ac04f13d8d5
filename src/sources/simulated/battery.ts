/** Share of the energy that survives the way into the cells, and again the way out. */
const CELL_EFFICIENCY = 0.975
/** W that the inverter itself takes, and the shares of PV and battery power that it turns into heat. */
const OWN_USE = 60
const PV_LOSS = 0.025
const BATTERY_LOSS = 0.03

/** State of charge, as a share, below which the battery is kept for an outage. */
const RESERVE = 0.2

const MINUTES_AN_HOUR = 60

/** How the power of one moment is shared out: W, positive towards the house. */
export interface Flows {
  battery: number
  grid: number
}

export interface BatteryLimits {
  /** W, both >= 0. */
  charge: number
  discharge: number
}

/**
 * Self-consumption: PV serves the load, what is left charges the battery and then goes to the grid; what is
 * missing comes from the battery and then from the grid. pv + battery + grid - load is what the inverter loses.
 */
export function shareOut(pv: number, load: number, limits: BatteryLimits): Flows {
  const missing = load + OWN_USE - pv * (1 - PV_LOSS)
  const battery =
    missing > 0
      ? Math.min(limits.discharge, missing / (1 - BATTERY_LOSS))
      : -Math.min(limits.charge, -missing / (1 + BATTERY_LOSS))
  return { battery, grid: missing - battery + BATTERY_LOSS * Math.abs(battery) }
}

/** A battery's energy from minute to minute. Energy is Wh in the cells, power W at the terminals. */
export class Battery {
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
