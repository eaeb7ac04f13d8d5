import type { Instant } from '../../database/instant.ts'
import { type NumberField, recordOf } from '../../quantities.ts'
import { emptyReading, type Reading } from '../../telemetry/reading.ts'
import { joinStrings } from '../pv-strings.ts'
import {
  cloudFlowNames,
  type FlowMeasurements,
  flowArrows,
  flowEquipment,
  flowNumbers,
  measureFlow,
  type SolarkFlow,
} from '../solark-flow.ts'
import type { Omission } from '../source.ts'
import type { BatteryPayload, FlowPayload, InputPayload } from './payloads.ts'

/** What all inverters of a plant answered, or why not all did. */
export type OfEachInverter<Payload> = { payloads: readonly Payload[] } | { missing: string }

/** What the cloud says of one upload. */
export interface CloudAnswers {
  flow: FlowPayload
  batteries: OfEachInverter<BatteryPayload>
  inputs: OfEachInverter<InputPayload>
}

/** Inverters on one battery differ by less than this share in what they measure as its voltage. */
const SAME_BATTERY = 0.02
/** A current of fewer amperes may have another direction than the power, which was measured a moment before. */
const CLEAR_CURRENT = 2

/** Where the quantities come from, for messages. */
const origins: Partial<Record<NumberField, string>> = {
  soc: 'soc of the flow',
  batteryPower: 'battPower, batTo and toBat of the flow',
  pvPower: 'pvPower and minPower of the flow',
  loadPower: 'loadOrEpsPower of the flow',
  gridPower: 'gridOrMeterPower, gridTo and toGrid of the flow',
  generatorPower: 'genPower of the flow',
  batteryVoltage: 'voltage of the battery',
  batteryCurrent: 'current of the battery',
  batteryTemperature: 'temp of the battery',
  pvVoltage: 'pvIV[].vpv of the input',
  pvCurrent: 'pvIV[].ipv of the input',
}

export function originInCloud(field: NumberField): string | undefined {
  return origins[field]
}

/**
 * Returns the reading of an upload, and what is null in it although the cloud has it, with the reason.
 *
 * - Powers and state of charge are those of the flow: `measureFlow`.
 * - A load of 0 W is not a measurement where `existsMeter` is false: no meter measures the house, and what remains is
 *   the output for a power cut, to which nothing is connected.
 * - `bmsCommFaultFlag`: what the battery's management tells, charge and temperature, may be old.
 * - Amperes of the battery are the sum over the inverters, with the sign that the cloud gives them, which is + if
 *   discharging; null if that contradicts the flow. Volts and °C are those on which the inverters agree.
 * - Amperes of PV are the sum over the strings that deliver power. Volts are the mean of these strings, weighted by
 *   their amperes, so that volts times amperes is their power; null if there are several strings and none delivers.
 */
export function cloudReading(
  plantId: number,
  timestamp: Instant,
  { flow, batteries, inputs }: CloudAnswers,
): { reading: Reading; omitted: Omission[] } {
  const omitted: Omission[] = []
  const omit: Omit = (field, reason) => {
    omitted.push({ field, reason })
    return null
  }
  const measured = measuredFlow(flow, omit)
  const reading: Reading = {
    ...emptyReading(plantId, timestamp),
    ...measured,
    ...batteryOf(batteries, measured.batteryPower, omit),
    ...stringsOf(inputs, omit),
  }
  if (flow.bmsCommFaultFlag === true) {
    const reason = 'bmsCommFaultFlag of the flow is true: the battery does not answer the inverter'
    reading.soc = omit('soc', reason)
    reading.batteryTemperature = omit('batteryTemperature', reason)
  }
  return { reading, omitted }
}

/** Notes that a quantity is null, and why. */
type Omit = (field: NumberField, reason: string) => null

function measuredFlow(payload: FlowPayload, omit: Omit): FlowMeasurements {
  const flow: SolarkFlow = {
    ...recordOf(flowNumbers, (field) => payload[cloudFlowNames[field]]),
    ...recordOf(flowArrows, (field) => payload[cloudFlowNames[field]]),
    ...recordOf(flowEquipment, (field) => payload[cloudFlowNames[field]]),
  }
  const reasons = new Map<NumberField, string>()
  const measured = measureFlow(flow, cloudFlowNames, ({ quantity, what, fields }) => {
    const values = fields.map((field) => `${cloudFlowNames[field]} is ${flow[field]}`)
    reasons.set(quantity, `${what} (${values.join(', ')})`)
  })
  if (measured.loadPower === 0 && payload.existsMeter === false) {
    measured.loadPower = null
    reasons.set('loadPower', 'loadOrEpsPower is 0 and existsMeter is false: no meter measures it')
  }
  for (const field of ['soc', 'pvPower', 'batteryPower', 'gridPower', 'loadPower'] as const) {
    if (measured[field] !== null) continue
    omit(field, reasons.get(field) ?? `null in the answer: ${origins[field]}`)
  }
  const { generatorPower } = measured
  const reason = reasons.get('generatorPower')
  if (generatorPower === null && (reason !== undefined || flow.existsGen === true)) {
    omit('generatorPower', reason ?? 'existsGen of the flow is true, and genPower is null')
  }
  return measured
}

type OfBattery = Pick<Reading, 'batteryVoltage' | 'batteryCurrent' | 'batteryTemperature'>

function batteryOf(
  answers: OfEachInverter<BatteryPayload>,
  power: number | null,
  omit: Omit,
): OfBattery {
  if ('missing' in answers) {
    return {
      batteryVoltage: omit('batteryVoltage', answers.missing),
      batteryCurrent: omit('batteryCurrent', answers.missing),
      batteryTemperature: omit('batteryTemperature', answers.missing),
    }
  }
  const { payloads } = answers
  const volts = payloads.map(({ voltage }) => voltage)
  const current = sumOf(payloads.map(({ current }) => current))
  const contradicts =
    power !== null && current !== null && power * current < 0 && Math.abs(current) >= CLEAR_CURRENT
  return {
    batteryVoltage:
      agreedOf(volts, SAME_BATTERY) ??
      omit(
        'batteryVoltage',
        `voltage of the battery is ${volts.map((value) => value ?? 'null').join(' and ')} V`,
      ),
    batteryCurrent: contradicts
      ? omit(
          'batteryCurrent',
          `current of the battery is ${current} A, but the flow has ${power} W of the other direction`,
        )
      : (current ?? omit('batteryCurrent', 'current of a battery is null')),
    // Many batteries tell no temperature.
    batteryTemperature: agreedOf(
      payloads.map(({ temp }) => temp),
      0,
    ),
  }
}

function stringsOf(
  answers: OfEachInverter<InputPayload>,
  omit: Omit,
): Pick<Reading, 'pvVoltage' | 'pvCurrent'> {
  const without = (reason: string) => ({
    pvVoltage: omit('pvVoltage', reason),
    pvCurrent: omit('pvCurrent', reason),
  })
  if ('missing' in answers) return without(answers.missing)
  const all = answers.payloads.flatMap(({ pvIV }) => pvIV)
  if (all.length === 0) return without('pvIV of the input has no string')
  const joined = joinStrings(
    all.map(({ vpv, ipv, ppv }) => ({ voltage: vpv, current: ipv, power: ppv })),
  )
  if (joined === undefined) return without('pvIV of the input lacks a vpv or ipv')
  return { pvVoltage: joined.voltage, pvCurrent: joined.current }
}

/** null if one is not known, or there is none. */
function sumOf(values: readonly (number | null)[]): number | null {
  let sum = 0
  for (const value of values) {
    if (value === null) return null
    sum += value
  }
  return values.length === 0 ? null : rounded(sum)
}

/** The mean of values that differ by no more than this share; null if they do, one is not known, or there is none. */
function agreedOf(values: readonly (number | null)[], share: number): number | null {
  const sum = sumOf(values)
  if (sum === null) return null
  const mean = sum / values.length
  const agree = values.every(
    (value) => Math.abs((value ?? 0) - mean) <= share * Math.abs(mean) + 1e-6,
  )
  return agree ? rounded(mean) : null
}

/** To thousandths: sums of what the cloud tells with one decimal, without the errors of binary fractions. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
