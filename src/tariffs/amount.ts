/**
 * Money, or money per kWh, as a whole number of ten-billionths of its currency. One unit for everything that is added
 * or multiplied, so that nothing is rounded before the end. Those that are sent fit into 64 bits.
 */
export type Amount = bigint

/** Decimals of an Amount: those of a price per MWh in hundredths, with a tax of whole tenths of a percent added. */
const DECIMALS = 10
const UNIT = 10n ** BigInt(DECIMALS)
const TEXT = /^(-?)(\d{1,8})(?:\.(\d{1,10}))?$/

/** Reads a decimal such as -0.0512; undefined if it is not one, or has too many digits. */
export function parseAmount(text: string): Amount | undefined {
  const [, sign, whole = '', fraction = ''] = TEXT.exec(text) ?? []
  if (sign === undefined) return undefined
  const amount = BigInt(whole) * UNIT + BigInt(fraction.padEnd(DECIMALS, '0'))
  return sign === '-' ? -amount : amount
}

/** Writes it without zeros at the end, such as 0.28. */
export function formatAmount(amount: Amount): string {
  const magnitude = amount < 0n ? -amount : amount
  const fraction = String(magnitude % UNIT)
    .padStart(DECIMALS, '0')
    .replace(/0+$/, '')
  const whole = `${amount < 0n ? '-' : ''}${magnitude / UNIT}`
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** Money before it is rounded: an Amount per kWh times microjoules. */
export type ExactMoney = bigint

const MICROJOULES_PER_KWH = 3_600_000_000_000n

/**
 * What so many watt-seconds cost. Microjoules are finer than what a sum of doubles is exact to, and coarse enough that
 * an energy which should be a round number is one.
 */
export function costOf(wattSeconds: number, perKilowattHour: Amount): ExactMoney {
  return BigInt(Math.round(wattSeconds * 1e6)) * perKilowattHour
}

/** An amount as it is. */
export function exactly(amount: Amount): ExactMoney {
  return amount * MICROJOULES_PER_KWH
}

/** Rounds to so many decimals; what is half way between two goes away from zero, as on a bill. */
export function roundMoney(exact: ExactMoney, decimals: number): Amount {
  const step = 10n ** BigInt(DECIMALS - decimals)
  const divisor = MICROJOULES_PER_KWH * step
  const magnitude = exact < 0n ? -exact : exact
  const rounded = ((2n * magnitude + divisor) / (2n * divisor)) * step
  return exact < 0n ? -rounded : rounded
}
