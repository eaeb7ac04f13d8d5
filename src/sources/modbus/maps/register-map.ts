import type { NumberField } from '../../../quantities.ts'
import type { CounterName } from '../../../telemetry/counters/counter.ts'

/**
 * How the 16-bit words of a value are read. `u32` is two words, the low one first.
 */
export type WordType = 'u16' | 'i16' | 'u32'

/** A value of an inverter, and the holding registers (function 03) it is read from. */
export interface RegisterValue {
  /** Several add up: the power of each PV string, say. Of a `u32` they are pairs of low and high word. */
  registers: readonly number[]
  type: WordType
  /** What one step of the register is in the unit: 0.1 of a V. Negative if the register counts the other way round. */
  scale: number
  /** What the register shows at 0 of the unit, such as 1000 at 0 °C. 0 if left out. */
  zero?: number
  unit: 'W' | 'V' | 'A' | '%' | '°C' | 'kWh'
  /**
   * Registers (i16, the same steps) of the two legs of a split phase. Where they add up to what the register shows,
   * their sum is the value: a register ends at 32,767 W, and a Sol-Ark passes 200 A at 240 V through.
   */
  legs?: readonly number[]
  /** Below 0 the power goes the other way, which is not this quantity: then it is 0. */
  oneWay?: true
  /** If the register shows this, nothing is measured: in words, what is missing then. */
  absent?: { at: number; because: string }
}

/** W in registers of 16 bits with a sign. */
export function watts(...registers: number[]): RegisterValue {
  return { registers, type: 'i16', scale: 1, unit: 'W' }
}

/** kWh in steps of 0.1 in one register, which holds a day. */
export function dayKwh(register: number): RegisterValue {
  return { registers: [register], type: 'u16', scale: 0.1, unit: 'kWh' }
}

/** kWh in steps of 0.1 in two registers, which hold the years. */
export function totalKwh(low: number, high: number): RegisterValue {
  return { registers: [low, high], type: 'u32', scale: 0.1, unit: 'kWh' }
}

/** What the registers of one family of inverters mean. Signs are those of `quantities.ts`. */
export interface RegisterMap {
  /** For messages and the set-up, such as `Sol-Ark 5K, 8K, 12K and 15K`. */
  title: string
  /** The registers of `pvPower`, `pvVoltage` and `pvCurrent` are those of the PV strings, each in the same order. */
  quantities: Readonly<Partial<Record<NumberField, RegisterValue>>>
  /** W that come in at the generator's terminals; see `GeneratorPort`. */
  generatorPort: RegisterValue
  /** kWh since midnight by the inverter's clock. */
  day: Readonly<Partial<Record<CounterName, RegisterValue>>>
  /** kWh since the inverter was installed. */
  total: Readonly<Partial<Record<CounterName, RegisterValue>>>
}

/**
 * What is connected to the generator's terminals: the power that comes in there is that of a generator, or is PV power;
 * a load takes power, and nothing comes in.
 */
export const generatorPorts = ['generator', 'micro-inverters', 'load'] as const

export type GeneratorPort = (typeof generatorPorts)[number]

/** Returns the registers that a quantity of the API is read from. None if the map does not have it. */
export function valuesOf(
  map: RegisterMap,
  port: GeneratorPort,
  field: NumberField,
): readonly RegisterValue[] {
  const own = map.quantities[field]
  const atPort =
    (field === 'generatorPower' && port === 'generator') ||
    (field === 'pvPower' && port === 'micro-inverters')
  return [...(own === undefined ? [] : [own]), ...(atPort ? [map.generatorPort] : [])]
}

/** Returns every register that has to be read for the values. */
export function registersOf(values: Iterable<RegisterValue>): number[] {
  return [...values].flatMap(({ registers, legs = [] }) => [...registers, ...legs])
}

/** Returns registers in words: `register 178`, `registers 186, 187 and 188`. */
export function nameRegisters(registers: readonly number[]): string {
  if (registers.length === 1) return `register ${registers[0]}`
  return `registers ${registers.slice(0, -1).join(', ')} and ${registers.at(-1)}`
}
