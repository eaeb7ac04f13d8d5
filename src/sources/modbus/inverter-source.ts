import type { Instant } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import type { Logger } from '../../log.ts'
import { type NumberField, numberFields } from '../../quantities.ts'
import type { CounterReading } from '../../telemetry/counters/counter.ts'
import { emptyReading } from '../../telemetry/reading.ts'
import type { PolledSource, SourceReadings } from '../source.ts'
import { decodeCounters, decodeRegisters, type Words } from './decode-registers.ts'
import { type InverterAnswer, joinCounters, joinInverters } from './join-inverters.ts'
import type { ModbusLine } from './line/modbus-line.ts'
import {
  type GeneratorPort,
  nameRegisters,
  type RegisterMap,
  registersOf,
  valuesOf,
} from './maps/register-map.ts'
import { planRequests, type RegisterRange } from './plan-requests.ts'

/** An inverter: on which line it is, and by which number. */
export interface Inverter {
  line: ModbusLine
  unitId: number
}

export interface InverterSourceOptions {
  plantId: number
  map: RegisterMap
  generatorPort: GeneratorPort
  /** Of one plant; the first has the battery if all share one. */
  inverters: readonly Inverter[]
  sharedBattery: boolean
  log: Logger
}

/** Counters rise in steps of 0.1 kWh, so that they need not be read with every power. µs. */
const COUNTERS_EVERY = 60_000_000

/** A plant whose inverters are asked for their registers. */
export class InverterSource implements PolledSource {
  readonly #options: InverterSourceOptions
  readonly #ranges: readonly RegisterRange[]
  readonly #counterRanges: readonly RegisterRange[]
  /** When the counters were last asked for. */
  #countersAt = Number.NEGATIVE_INFINITY
  #hasNoCounters = false

  /** Throws a `Fault` if an inverter is there twice. */
  constructor(options: InverterSourceOptions) {
    const { map, generatorPort, inverters } = options
    const names = inverters.map(nameInverter)
    const twice = names.find((name, index) => names.indexOf(name) < index)
    if (twice !== undefined) {
      throw new Fault(
        'CONFIGURATION_INVALID',
        `"units" has ${twice} twice, so that its power would count twice: expected each inverter once`,
        { path: ['units'] },
      )
    }
    this.#options = options
    const values = numberFields.flatMap((field) => valuesOf(map, generatorPort, field))
    this.#ranges = planRequests(registersOf(values))
    this.#counterRanges = planRequests(
      registersOf([...Object.values(map.day), ...Object.values(map.total)]),
    )
  }

  /**
   * Returns one reading, of the time `at`: the inverters do not say when they measured. If one of several does not
   * answer, what needs all of them is null. Rejects with the first fault if none answers.
   */
  async read(at: Instant, signal: AbortSignal): Promise<SourceReadings> {
    const { plantId, map, generatorPort, inverters, sharedBattery } = this.#options
    const results = await this.#ask(this.#ranges, signal)
    signal.throwIfAborted()
    const [first] = results
    if (first !== undefined && results.every(({ status }) => status === 'rejected')) {
      if (first.status === 'rejected') throw first.reason
    }
    const names = inverters.map(nameInverter)
    const answers = results.map((result, index): InverterAnswer => {
      const unit = names[index] ?? 'an inverter'
      if (result.status === 'rejected') return { unit, failure: failureOf(result.reason) }
      return { unit, ...decodeRegisters(map, generatorPort, result.value) }
    })
    const { values, omitted } = joinInverters(answers, sharedBattery)
    const readings = [{ ...emptyReading(plantId, at), ...values }]
    const isWhole = results.every(({ status }) => status === 'fulfilled')
    return { readings, omitted, counters: isWhole ? await this.#countersIfDue(at, signal) : [] }
  }

  /**
   * Returns what the inverters count by themselves, of the time `at`; not what one of them does not say. Rejects if one
   * does not answer.
   */
  async readCounters(at: Instant, signal: AbortSignal): Promise<CounterReading[]> {
    const { map, generatorPort, inverters } = this.#options
    const results = await this.#ask(this.#counterRanges, signal)
    const unitIds = inverters.map(({ unitId }) => unitId)
    const answers = results.map((result, index) => {
      if (result.status === 'rejected') throw result.reason
      const [unitId = 0, inverter] = [unitIds[index], inverters[index]]
      // The address of a gateway may change, and is left out where the number of the unit says which it is.
      const isOneOfItsNumber = unitIds.filter((other) => other === unitId).length === 1
      const meter =
        isOneOfItsNumber || inverter === undefined ? `unit ${unitId}` : nameInverter(inverter)
      return { meter, counters: decodeCounters(map, generatorPort, result.value) }
    })
    return joinCounters(answers, at)
  }

  /** A reading without counters is better than none, so what fails here is logged when it begins. */
  async #countersIfDue(at: Instant, signal: AbortSignal): Promise<CounterReading[]> {
    // A clock that was set back must not keep them away.
    if (at >= this.#countersAt && at < this.#countersAt + COUNTERS_EVERY) return []
    this.#countersAt = at
    try {
      const counters = await this.readCounters(at, signal)
      this.#hasNoCounters = false
      return counters
    } catch (error) {
      if (!this.#hasNoCounters && !signal.aborted) {
        this.#options.log.warn({ err: error }, "The inverters' counters of kWh cannot be read")
      }
      this.#hasNoCounters = true
      return []
    }
  }

  originOf(field: NumberField): string | undefined {
    const { map, generatorPort } = this.#options
    const registers = valuesOf(map, generatorPort, field).flatMap((value) => value.registers)
    return registers.length === 0 ? undefined : nameRegisters(registers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const lines = new Set(this.#options.inverters.map(({ line }) => line))
    await Promise.all([...lines].map((line) => line[Symbol.asyncDispose]()))
  }

  /** Asks all at once; a line takes their questions in turn, so that they measure at about the same time. */
  async #ask(
    ranges: readonly RegisterRange[],
    signal: AbortSignal,
  ): Promise<PromiseSettledResult<Words>[]> {
    const { inverters } = this.#options
    return await Promise.allSettled(
      inverters.map(({ line, unitId }) => readWords(line, unitId, ranges, signal)),
    )
  }
}

function nameInverter({ line, unitId }: Inverter): string {
  return `unit ${unitId} at ${line.name}`
}

async function readWords(
  line: ModbusLine,
  unitId: number,
  ranges: readonly RegisterRange[],
  signal: AbortSignal,
): Promise<Words> {
  const words = new Map<number, number>()
  for (const range of ranges) {
    const read = await line.read(unitId, range, signal)
    for (const [index, word] of read.entries()) words.set(range.first + index, word)
  }
  return words
}

function failureOf(reason: unknown): string {
  return reason instanceof Fault ? reason.message : String(reason)
}
