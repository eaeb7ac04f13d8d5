import { words } from './words.ts'

/** How the page writes numbers, by the browser's language. What was not measured is a dash, never 0. */

const numbers = new Map<number, Intl.NumberFormat>()

function number(value: number, digits: number): string {
  let format = numbers.get(digits)
  if (format === undefined) {
    const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits }
    format = new Intl.NumberFormat(undefined, fixed)
    numbers.set(digits, format)
  }
  // Rounded to nothing, a negative value would be "-0".
  const rounded = Number(value.toFixed(digits))
  return format.format(rounded === 0 ? 0 : value)
}

/** Of a value and its unit, which are shown in different sizes. */
export interface ShownNumber {
  readonly text: string
  readonly unit: string
}

const unknown: ShownNumber = { text: words.none, unit: '' }

/** W below a kilowatt, else kW with three digits. */
export function power(watts: number | null | undefined): ShownNumber {
  if (watts == null) return unknown
  const size = Math.abs(watts)
  if (size < 999.5) return { text: number(watts, 0), unit: 'W' }
  const kilowatts = watts / 1000
  return { text: number(kilowatts, size < 9995 ? 2 : size < 99_950 ? 1 : 0), unit: 'kW' }
}

/** kWh with three digits, MWh from ten thousand. */
export function energy(kilowattHours: number | null | undefined): ShownNumber {
  if (kilowattHours == null) return unknown
  const size = Math.abs(kilowattHours)
  if (size >= 9999.5) return { text: number(kilowattHours / 1000, 1), unit: 'MWh' }
  const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0
  return { text: number(kilowattHours, digits), unit: 'kWh' }
}

/** Of a share from 0 to 1. */
export function share(value: number | null | undefined): ShownNumber {
  return value == null ? unknown : { text: number(value * 100, 0), unit: '%' }
}

/** The values of an axis, multiples of a step, all in the unit of the largest, with no more digits than they need. */
export function axisTexts(values: readonly number[], unit: 'W' | 'kWh'): string[] {
  const most = Math.max(...values.map(Math.abs))
  const [size, name] = most < 1000 ? [1, unit] : [1000, unit === 'W' ? 'kW' : 'MWh']
  const step = stepOf(values) / size
  const format = new Intl.NumberFormat(undefined, { maximumFractionDigits: decimalsOf(step) })
  return values.map((value) => `${format.format(value === 0 ? 0 : value / size)} ${name}`)
}

/** The least difference of two values. */
function stepOf(values: readonly number[]): number {
  const sorted = [...new Set(values)].sort((one, other) => one - other)
  return Math.min(...sorted.slice(1).map((value, index) => value - (sorted[index] ?? value)))
}

/** How many decimals a number has, as far as it is exact. */
function decimalsOf(value: number): number {
  return (
    value
      .toPrecision(6)
      .replace(/\.?0*$/, '')
      .split('.')[1]?.length ?? 0
  )
}

/** A share that is not whole is never shown as 100 %. */
export function coverageText(value: number): string {
  return `${number(Math.min(value * 100, value < 1 ? 99.9 : 100), value > 0.99 && value < 1 ? 1 : 0)} %`
}

/** Of a percentage from 0 to 100. */
export function percent(value: number | null | undefined): ShownNumber {
  return value == null ? unknown : { text: number(value, 0), unit: '%' }
}

export function inUnit(value: number | null | undefined, unit: string, digits = 1): ShownNumber {
  return value == null ? unknown : { text: number(value, digits), unit }
}

export function count(value: number): string {
  return number(value, 0)
}

const sizes = ['B', 'kB', 'MB', 'GB', 'TB']

export function bytes(value: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(value, 1)) / 3), sizes.length - 1)
  return `${number(value / 1000 ** step, step === 0 ? 0 : 1)} ${sizes[step]}`
}

export function numberText({ text, unit }: ShownNumber): string {
  return unit === '' ? text : `${text} ${unit}`
}

const list = new Intl.ListFormat(undefined, { type: 'conjunction' })

/** Such as "Roof, Barn and Shed". */
export function listText(names: readonly string[]): string {
  return list.format(names)
}

const now = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'always', style: 'short' })

/** Such as "5 sec. ago". */
export function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds === 0) return now.format(0, 'second')
  if (seconds < 100) return relative.format(-seconds, 'second')
  if (seconds < 100 * 60) return relative.format(-Math.round(seconds / 60), 'minute')
  if (seconds < 48 * 3600) return relative.format(-Math.round(seconds / 3600), 'hour')
  return relative.format(-Math.round(seconds / 86_400), 'day')
}

/** Such as "3 hr", in the largest unit that fits. */
export function duration(seconds: number): string {
  const units: [Intl.NumberFormatOptions['unit'], number][] = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ]
  const [unit, size] = units.find(([, each]) => seconds >= each * 2) ?? ['second', 1]
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    maximumFractionDigits: 0,
  } as Intl.NumberFormatOptions).format(Math.floor(seconds / size))
}
