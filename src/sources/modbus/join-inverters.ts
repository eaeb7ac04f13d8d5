import type { Instant } from '../../database/instant.ts'
import { type NumberField, numberFields, recordOf } from '../../quantities.ts'
import {
  type CounterReading,
  counterNames,
  counterSpans,
} from '../../telemetry/counters/counter.ts'
import { joinStrings } from '../pv-strings.ts'
import type { Omission } from '../source.ts'
import type { InverterCounters, InverterValues } from './decode-registers.ts'

/** What one inverter of a plant gave, or why it gave nothing. */
export type InverterAnswer =
  | { unit: string; values: InverterValues; omitted: readonly Omission[] }
  | { unit: string; failure: string }

/**
 * How a quantity of several inverters becomes that of their plant:
 * - `sum`: powers, and currents.
 * - `highest`: the inverters' temperatures.
 * - `strings`: the voltage of PV, which is that of all strings.
 * - `battery`: the first's, whose battery it is if all share one; otherwise no number is that of all.
 */
type Joining = 'sum' | 'highest' | 'strings' | 'battery'

const joinings: Partial<Record<NumberField, Joining>> = {
  soc: 'battery',
  batteryVoltage: 'battery',
  batteryCurrent: 'sum',
  batteryTemperature: 'battery',
  pvVoltage: 'strings',
  inverterTemperature: 'highest',
}

function joiningOf(field: NumberField): Joining {
  return joinings[field] ?? 'sum'
}

/**
 * Returns the plant's values from those of its inverters. What needs all of them is null if one is missing: a partial
 * sum would look like a plant that makes less.
 */
export function joinInverters(
  answers: readonly InverterAnswer[],
  sharedBattery: boolean,
): { values: InverterValues; omitted: Omission[] } {
  const [only] = answers
  if (answers.length === 1 && only !== undefined && 'values' in only) {
    return { values: only.values, omitted: [...only.omitted] }
  }
  const omitted: Omission[] = []
  const values = recordOf(numberFields, (field) => {
    const joining = joiningOf(field)
    if (joining === 'battery' && !sharedBattery) {
      if (answers.some((answer) => 'values' in answer && answer.values[field] !== null)) {
        const reason = `${answers.length} inverters have a battery each, and no ${field} is that of all`
        omitted.push({ field, reason })
      }
      return null
    }
    const needed = joining === 'battery' ? answers.slice(0, 1) : answers
    omitted.push(...needed.flatMap((answer) => missingOf(field, answer)))
    if (joining === 'strings') return voltageOf(answers)
    const parts = needed.map((answer) => ('values' in answer ? answer.values[field] : null))
    const numbers = parts.filter((part) => part !== null)
    if (numbers.length < parts.length) return null
    return joining === 'highest' ? Math.max(...numbers) : sum(numbers)
  })
  return { values, omitted: omitted.filter(({ field }) => isKnown(field, answers)) }
}

function voltageOf(answers: readonly InverterAnswer[]): number | null {
  const strings = answers.map((answer) => {
    const { pvVoltage = null, pvCurrent = null } = 'values' in answer ? answer.values : {}
    return { voltage: pvVoltage, current: pvCurrent, power: null }
  })
  return joinStrings(strings)?.voltage ?? null
}

/** What one inverter of a plant counts by itself. */
export interface CountersOf {
  meter: string
  counters: InverterCounters
}

/** Returns the counters that every inverter of the plant tells. */
export function joinCounters(all: readonly CountersOf[], timestamp: Instant): CounterReading[] {
  return counterSpans.flatMap((span) =>
    counterNames.flatMap((energy) => {
      const kwh: Record<string, number> = {}
      for (const { meter, counters } of all) {
        const shown = counters[span][energy]
        if (shown === null) return []
        kwh[meter] = shown
      }
      return [{ timestamp, energy, span, kwh }]
    }),
  )
}

function missingOf(field: NumberField, answer: InverterAnswer): Omission[] {
  if ('failure' in answer)
    return [{ field, reason: `${answer.unit} gave nothing: ${answer.failure}` }]
  return answer.omitted
    .filter((omission) => omission.field === field)
    .map(({ reason }) => ({ field, reason: `${answer.unit}: ${reason}` }))
}

/** Whether any inverter that answered has the quantity, even if it cannot be right. */
function isKnown(field: NumberField, answers: readonly InverterAnswer[]): boolean {
  return answers.some(
    (answer) =>
      'values' in answer &&
      (answer.values[field] !== null ||
        answer.omitted.some((omission) => omission.field === field)),
  )
}

/** In steps of 0.01, so that 53.1 and 0.2 are 53.3. */
function sum(numbers: readonly number[]): number {
  return Math.round(numbers.reduce((total, number) => total + number, 0) * 100) / 100
}
