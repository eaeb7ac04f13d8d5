import { words } from './words.ts'

/**
 * How the page writes money, by the browser's language. Amounts are decimals as text, and stay so: `Intl` formats the
 * text itself, and nothing is added up here. Amounts that are not known are a dash, never 0.
 */

const formats = new Map<string, Intl.NumberFormat>()

function format(currency: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  const key = `${currency} ${JSON.stringify(options)}`
  let made = formats.get(key)
  if (made === undefined) {
    made = new Intl.NumberFormat(undefined, { ...options, style: 'currency', currency })
    formats.set(key, made)
  }
  return made
}

function isDecimal(text: string): text is `${number}` {
  return /^-?\d+(\.\d+)?$/.test(text)
}

/** With the decimals of the currency, to which the API has rounded it. */
export function moneyText(
  amount: string | null | undefined,
  currency: string | null | undefined,
): string {
  if (amount == null || currency == null || !isDecimal(amount)) return words.none
  return format(currency).format(amount)
}

/** A rate or a charge with all its decimals. */
export function exactMoneyText(amount: string, currency: string): string {
  return isDecimal(amount)
    ? format(currency, { maximumFractionDigits: 10 }).format(amount)
    : words.none
}

/** The values of an axis, with no more decimals than its step needs. */
export function moneyAxisTexts(
  values: readonly number[],
  step: number,
  currency: string,
): string[] {
  const digits = Number.isInteger(step) ? 0 : Math.max(2, Math.ceil(-Math.log10(step)))
  const isLarge = step >= 2500
  const axis = format(currency, {
    currencyDisplay: 'narrowSymbol',
    notation: isLarge ? 'compact' : 'standard',
    minimumFractionDigits: isLarge ? 0 : digits,
    maximumFractionDigits: isLarge ? 1 : digits,
  })
  return values.map((value) => axis.format(value === 0 ? 0 : value))
}
