const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** null: empty, so not measured. undefined: not a number. */
export function parseNumber(text: string, scale: 1 | 1000 = 1): number | null | undefined {
  if (text === '') return null
  const number = text.trim()
  if (number === '') return null
  if (!NUMBER.test(number)) return undefined
  if (scale === 1) return Number(number)
  // Moving the decimal point in the text is exact; 1.005 * 1000 is 1004.9999999999999.
  return /e/i.test(number) ? Number(number) * scale : Number(`${number}e3`)
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['no', false],
  ['0', false],
])

/** null: empty, so not measured. undefined: neither true nor false. */
export function parseBoolean(text: string): boolean | null | undefined {
  const word = text.trim().toLowerCase()
  return word === '' ? null : BOOLEANS.get(word)
}

/** undefined: not a whole number; its range is not looked at. */
export function parseWholeNumber(text: string): number | undefined {
  const digits = text.trim()
  return /^-?\d{1,15}$/.test(digits) ? Number(digits) : undefined
}
