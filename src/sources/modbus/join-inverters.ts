import { type NumberField, numberFields, quantityOf, recordOf } from '../../quantities.ts'
import type { Omission } from '../source.ts'
import type { InverterCounters, InverterValues } from './decode-registers.ts'
import { counterNames } from './maps/register-map.ts'

/** What one inverter of a plant gave, or why it gave nothing. */
export type InverterAnswer =
  | { unit: string; values: InverterValues; omitted: readonly Omission[] }
  | { unit: string; failure: string }

/**
 * How a quantity of several inverters becomes that of their plant:
 * - `sum`: powers, and the current of the battery.
 * - `highest`: the inverters' temperatures.
 * - `first`: what only the first has to say, such as the voltage of its first PV string.
 * - `battery`: the first's, whose battery it is if all share one; otherwise no number is that of all.
 */
type Joining = 'sum' | 'highest' | 'first' | 'battery'

const joinings: Partial<Record<NumberField, Joining>> = {
  soc: 'battery',
  batteryVoltage: 'battery',
  batteryCurrent: 'sum',
  batteryTemperature: 'battery',
  pvVoltage: 'first',
  pvCurrent: 'first',
  inverterTemperature: 'highest',
}

function joiningOf(field: NumberField): Joining {
  return joinings[field] ?? (quantityOf(field).unit === 'W' ? 'sum' : 'first')
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
    const needed = joining === 'sum' || joining === 'highest' ? answers : answers.slice(0, 1)
    omitted.push(...needed.flatMap((answer) => missingOf(field, answer)))
    const parts = needed.map((answer) => ('values' in answer ? answer.values[field] : null))
    const numbers = parts.filter((part) => part !== null)
    if (numbers.length < parts.length) return null
    return joining === 'highest' ? Math.max(...numbers) : sum(numbers)
  })
  return { values, omitted: omitted.filter(({ field }) => isKnown(field, answers)) }
}

/** Returns the sums of the counters; null where one inverter does not say. */
export function joinCounters(all: readonly InverterCounters[]): InverterCounters {
  const of = (span: keyof InverterCounters) =>
    recordOf(counterNames, (name) => {
      const numbers = all.map((counters) => counters[span][name]).filter((kWh) => kWh !== null)
      return numbers.length === all.length ? sum(numbers) : null
    })
  return { day: of('day'), total: of('total') }
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
