/** An exact fraction in lowest terms; `under` is above 0. */
export interface Fraction {
  readonly over: bigint
  readonly under: bigint
}

export const ZERO: Fraction = { over: 0n, under: 1n }

export function fraction(over: bigint, under = 1n): Fraction {
  const sign = under < 0n ? -1n : 1n
  let [a, b] = [over < 0n ? -over : over, under * sign]
  while (b !== 0n) [a, b] = [b, a % b]
  return a === 0n ? ZERO : { over: (sign * over) / a, under: (sign * under) / a }
}

export function add(a: Fraction, b: Fraction): Fraction {
  return fraction(a.over * b.under + b.over * a.under, a.under * b.under)
}

export function subtract(a: Fraction, b: Fraction): Fraction {
  return fraction(a.over * b.under - b.over * a.under, a.under * b.under)
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return fraction(a.over * b.over, a.under * b.under)
}

export function divide(a: Fraction, b: Fraction): Fraction {
  return fraction(a.over * b.under, a.under * b.over)
}

/** As a decimal with at most two decimals; half of a hundredth goes away from zero. */
export function toCents({ over, under }: Fraction): string {
  const magnitude = over < 0n ? -over : over
  const cents = (200n * magnitude + under) / (2n * under)
  const sign = over < 0n && cents > 0n ? '-' : ''
  const text = `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`
  return `${sign}${text.replace(/\.?0+$/, '')}`
}
