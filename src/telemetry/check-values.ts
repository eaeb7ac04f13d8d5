import { isOneWay, type NumberField, numberFields, quantityOf } from '../quantities.ts'
import type { Reading } from './reading.ts'

/** A value that cannot be right, and what was done about it. */
export interface ValueIssue {
  field: NumberField
  /** In words, such as `0 to 100 %`. */
  expected: string
  got: number
  /** CORRECTED: the nearest possible value took its place. OMITTED: it counts as not measured. */
  action: 'CORRECTED' | 'OMITTED'
}

/** What one quantity of a plant can be. */
interface Limits {
  field: NumberField
  least: number
  most: number
  /** A value outside the limits by no more than this is an error of measurement: the limit takes its place. */
  slack: { below: number; above: number }
  /** Returns whether the value is what a register shows that has overflowed. */
  isOverflow: ((value: number) => boolean) | undefined
  expected: string
}

/** What the quantities of a plant can be. */
export type PlantLimits = readonly Limits[]

/** W; more than any plant whose rated power is not known. */
const LARGEST_POWER = 10_000_000
/** A plant of this rated power, W, measures with wider registers than 16 bits. */
const WIDE_REGISTERS = 60_000

/**
 * How many times its rated power a plant can reach. PV and battery pass through the inverter, with some reserve; load,
 * grid and generator may bypass it: a Sol-Ark 12K passes 200 A at 240 V through, which is four times its 12 kW.
 */
const REACH: Partial<Record<NumberField, number>> = { pvPower: 2, batteryPower: 2 }
const BYPASS = 5

/** W below 0 that still are nothing: inverters and meters report their own use at night so, such as PV of -11 W. */
const STANDBY = 100

const limitsByPower = new Map<number | undefined, PlantLimits>()

/** Returns what the quantities of a plant can be, by its rated power in W, if that is known. */
export function limitsOf(ratedPower: number | undefined): PlantLimits {
  let limits = limitsByPower.get(ratedPower)
  if (limits === undefined) {
    limits = numberFields.map((field) => limitsOfQuantity(field, ratedPower))
    limitsByPower.set(ratedPower, limits)
  }
  return limits
}

function limitsOfQuantity(field: NumberField, ratedPower: number | undefined): Limits {
  const { unit } = quantityOf(field)
  switch (unit) {
    case 'W': {
      const most = ratedPower === undefined ? LARGEST_POWER : (REACH[field] ?? BYPASS) * ratedPower
      const least = isOneWay(field) ? 0 : -most
      return {
        field,
        least,
        most,
        slack: { below: isOneWay(field) ? STANDBY : 0, above: 0 },
        isOverflow:
          ratedPower === undefined || ratedPower < WIDE_REGISTERS ? overflowOf.W : undefined,
        expected: `${least} to ${most} W${ratedPower === undefined ? '' : `, by its rated power of ${ratedPower} W`}`,
      }
    }
    case '%':
      return within(field, 0, 100, { below: 1, above: 1 })
    case 'V':
      return within(field, 0, 2000, { below: 1, above: 0 })
    case 'A':
      return within(field, -3000, 3000)
    default:
      return within(field, -60, 150)
  }
}

function within(
  field: NumberField,
  least: number,
  most: number,
  slack = { below: 0, above: 0 },
): Limits {
  const { unit } = quantityOf(field)
  return {
    field,
    least,
    most,
    slack,
    isOverflow: unit === 'V' || unit === 'A' ? overflowOf[unit] : undefined,
    expected: `${least} to ${most} ${unit}`,
  }
}

/** What a 16-bit register shows that means "not a number". */
const NO_NUMBER = 65_535
/** From here on it shows what is -100 to -1 if its sign is left out. */
const NEGATIVE = 65_436

const overflowOf = {
  // In units of 1 or 10 W. Seen as 65 kW at a Deye: kbialek/deye-inverter-mqtt#133.
  W: (value: number) => isRegister(value, NEGATIVE) || isRegister(value / 10, NEGATIVE),
  // In units of 0.01 V or A; in units of 0.1 they are beyond any limit.
  V: (value: number) => isRegister(value * 100, NO_NUMBER),
  A: (value: number) => isRegister(value * 100, NEGATIVE),
}

function isRegister(value: number, from: number): boolean {
  if (value < from - 0.5 || value > NO_NUMBER + 0.5) return false
  return Math.abs(value - Math.round(value)) < 1e-6
}

const OVERFLOW = 'a measurement, not a register of 16 bits that overflowed'

/**
 * Corrects what cannot be right in a reading, in place: a value next to its limits becomes the limit, any other outside
 * them becomes null. Calls `onIssue` for each. What was not measured is left alone.
 */
export function correctValues(
  reading: Reading,
  limits: PlantLimits,
  onIssue: (reading: Reading, issue: ValueIssue) => void,
): void {
  for (const limit of limits) {
    const value = reading[limit.field]
    if (value === null) continue
    if (value >= limit.least && value <= limit.most && limit.isOverflow?.(value) !== true) {
      continue
    }
    const { field } = limit
    const nearest = nearestWithin(value, limit)
    const isInside = value >= limit.least && value <= limit.most
    const expected = isInside ? OVERFLOW : limit.expected
    reading[field] = nearest
    onIssue(reading, {
      field,
      expected,
      got: value,
      action: nearest === null ? 'OMITTED' : 'CORRECTED',
    })
  }
}

function nearestWithin(value: number, { least, most, slack }: Limits): number | null {
  if (value < least && value >= least - slack.below) return least
  if (value > most && value <= most + slack.above) return most
  return null
}
