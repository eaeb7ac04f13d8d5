import type { Instant } from '../../database/instant.ts'

/** The energies that an inverter counts by itself, as `Energy` has them. */
export const counterNames = [
  'pv',
  'load',
  'gridImport',
  'gridExport',
  'batteryCharge',
  'batteryDischarge',
  'generator',
] as const

export type CounterName = (typeof counterNames)[number]

/** TODAY: kWh since midnight by the inverter's clock. TOTAL: kWh since it was installed. */
export const counterSpans = ['TODAY', 'TOTAL'] as const

export type CounterSpan = (typeof counterSpans)[number]

/** What a plant's counter showed at one time. */
export interface CounterReading {
  timestamp: Instant
  energy: CounterName
  span: CounterSpan
  /**
   * kWh of each inverter of the plant, by a name that it keeps. All of them: without one, the sum would not be that of
   * the plant, so that there is no reading then.
   */
  kwh: Readonly<Record<string, number>>
}

/** A counter of a plant, as one source reads it. With other inverters it is another counter. */
export interface Counter {
  plantId: number
  source: string
  energy: CounterName
  span: CounterSpan
  /** The inverters, in the order of their names. */
  meters: readonly string[]
}

/** The time in which a counter showed the same at every look. */
export interface CounterRun {
  since: Instant
  /** The last look at which it showed this, `since` or later. */
  until: Instant
  /** kWh of each of the counter's meters. */
  kwh: readonly number[]
  /** Whether the counter did not just count on from the run before: after a start, a gap, a fall or a leap. */
  begins: boolean
}

/** A run to be stored, and whose it is. Stored again, it takes the place of what it was. */
export interface CounterRunOf extends CounterRun {
  counter: Counter
}
