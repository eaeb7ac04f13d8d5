import { type NumberField, numberFields, recordOf } from '../../quantities.ts'
import { correctValues, limitsOf } from '../../telemetry/check-values.ts'
import {
  type CounterName,
  type CounterSpan,
  counterNames,
} from '../../telemetry/counters/counter.ts'
import { emptyReading } from '../../telemetry/reading.ts'
import { type JoinedStrings, joinStrings } from '../pv-strings.ts'
import type { Omission } from '../source.ts'
import {
  type GeneratorPort,
  nameRegisters,
  type RegisterMap,
  type RegisterValue,
  valuesOf,
} from './maps/register-map.ts'

/** Words that were read, by their registers. */
export type Words = ReadonlyMap<number, number>

/** What one inverter measures. null: the map does not have it, or the register cannot be right. */
export type InverterValues = Readonly<Record<NumberField, number | null>>

/** kWh by the inverter's own counters. null: it does not count that, or the register cannot be right. */
export type InverterCounters = Readonly<
  Record<CounterSpan, Readonly<Record<CounterName, number | null>>>
>

/** From here on an unsigned word is no measurement: it is -1 to -100 without its sign, and 65535 means "no number". */
const NO_MEASUREMENT = 65_436

const unknownLimits = limitsOf(undefined)

/**
 * Returns what the words say in the units and signs of `quantities.ts`. What cannot be is null, and `omitted` says
 * which register showed what. A value just beside what can be is kept as it is: whoever stores it corrects and counts
 * it.
 */
export function decodeRegisters(
  map: RegisterMap,
  port: GeneratorPort,
  words: Words,
): { values: InverterValues; omitted: Omission[] } {
  const omitted: Omission[] = []
  const strings = decodeStrings(map, words)
  const values = recordOf(numberFields, (field) => {
    if (field === 'pvVoltage' || field === 'pvCurrent') {
      const own = map.quantities[field]
      if (own === undefined) return null
      if (strings !== undefined) return strings[field === 'pvVoltage' ? 'voltage' : 'current']
      const reason = `${show(own.registers, words)}, which does not tell that of each PV string`
      omitted.push({ field, reason })
      return null
    }
    const parts = valuesOf(map, port, field).map((value) => decodeValue(value, words))
    if (parts.length === 0) return null
    let sum = 0
    for (const part of parts) {
      if (typeof part === 'string') omitted.push({ field, reason: part })
      else sum += part
    }
    return parts.every((part) => typeof part === 'number') ? sum : null
  })
  correctValues({ ...emptyReading(0, 0), ...values }, unknownLimits, (_, issue) => {
    if (issue.action !== 'OMITTED') return
    const { field, expected, got } = issue
    values[field] = null
    const registers = valuesOf(map, port, field).flatMap((value) => value.registers)
    const reason = `${show(registers, words)}, which makes ${got}; expected ${expected}`
    omitted.push({ field, reason })
  })
  return { values, omitted }
}

/**
 * Returns the inverter's own counters. The counter of the strings is not that of all PV if micro-inverters are at the
 * generator's terminals, and what is counted there is a generator's only if there is one.
 */
export function decodeCounters(
  map: RegisterMap,
  port: GeneratorPort,
  words: Words,
): InverterCounters {
  const of = (values: RegisterMap['day']) =>
    recordOf(counterNames, (name) => {
      const isOther =
        (name === 'pv' && port === 'micro-inverters') ||
        (name === 'generator' && port !== 'generator')
      const value = isOther ? undefined : values[name]
      const decoded = value === undefined ? undefined : decodeValue(value, words)
      return typeof decoded === 'number' ? decoded : null
    })
  return { TODAY: of(map.day), TOTAL: of(map.total) }
}

/** Returns what the PV strings are together; undefined if the registers do not tell. */
function decodeStrings({ quantities }: RegisterMap, words: Words): JoinedStrings | undefined {
  const of = (field: 'pvPower' | 'pvVoltage' | 'pvCurrent', string: number) => {
    const value = quantities[field]
    const register = value?.registers[string]
    if (value === undefined || register === undefined) return null
    const decoded = decodeValue({ ...value, registers: [register] }, words)
    return typeof decoded === 'number' ? decoded : null
  }
  const powers = quantities.pvPower?.registers ?? []
  return joinStrings(
    powers.map((_, string) => ({
      power: of('pvPower', string),
      voltage: of('pvVoltage', string),
      current: of('pvCurrent', string),
    })),
  )
}

/** Returns the value, or why there is none. */
function decodeValue(value: RegisterValue, words: Words): number | string {
  const { registers, type, scale, zero = 0, oneWay, absent } = value
  const raw = type === 'u32' ? pairsOf(registers, words) : registers.map((at) => words.get(at))
  let steps = 0
  for (const word of raw) {
    if (word === undefined) return `${nameRegisters(registers)} did not come`
    if (word === absent?.at) return `${show(registers, words)}: ${absent.because}`
    if (isNoNumber(word, type)) return `${show(registers, words)}, which is no measurement`
    steps += (type === 'i16' ? signed(word) : word) - zero
  }
  const [word] = raw
  const legs = sumOfLegs(value, words)
  if (word !== undefined && legs !== undefined && (legs & 0xffff) === word) steps = legs
  // Dividing by 10 gives 386 where multiplying by 0.1 gives 386.00000000000006; + 0 turns -0 into 0.
  const scaled = (Math.abs(scale) < 1 ? steps / Math.round(1 / scale) : steps * scale) + 0
  return oneWay === true ? Math.max(0, scaled) : scaled
}

function signed(word: number): number {
  return word >= 0x8000 ? word - 0x1_0000 : word
}

function sumOfLegs({ legs = [] }: RegisterValue, words: Words): number | undefined {
  const read = legs.map((register) => words.get(register)).filter((word) => word !== undefined)
  if (legs.length === 0 || read.length < legs.length) return undefined
  return read.reduce((sum, word) => sum + signed(word), 0)
}

function isNoNumber(word: number, type: RegisterValue['type']): boolean {
  if (type === 'u32') return word === 0xffff_ffff
  return type === 'i16' ? word === 0x8000 : word >= NO_MEASUREMENT
}

/** The values of pairs of a low and a high word. */
function pairsOf(registers: readonly number[], words: Words): (number | undefined)[] {
  const pairs: (number | undefined)[] = []
  for (let at = 0; at < registers.length; at += 2) {
    const low = words.get(registers[at] ?? -1)
    const high = words.get(registers[at + 1] ?? -1)
    pairs.push(low === undefined || high === undefined ? undefined : high * 0x1_0000 + low)
  }
  return pairs
}

/** `register 184 shows 65535`. */
function show(registers: readonly number[], words: Words): string {
  const shown = registers.map((register) => words.get(register) ?? 'nothing').join(', ')
  return `${nameRegisters(registers)} ${registers.length === 1 ? 'shows' : 'show'} ${shown}`
}
