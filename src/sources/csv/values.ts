import { type Unit, unitOf } from './units.ts'

/** The character before the decimals; the other one may part thousands. */
export type Decimal = '.' | ','

/** Words for "not measured", in lower case. Nothing at all is another. */
export const missingWords: readonly string[] = [
  '-',
  '--',
  '---',
  'nan',
  'n/a',
  'na',
  '#n/a',
  'null',
  'none',
  'nil',
  'undefined',
  'unavailable',
  'unknown',
  '?',
]

/**
 * Returns the number that a text says, times ten to the power of `exponent`; or, with a unit of `base` behind it, in
 * this base. null: not measured. undefined: not a number.
 */
export type NumberParser = (
  text: string,
  exponent: number,
  base?: Unit['base'],
) => number | null | undefined

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const THOUSANDS = {
  '.': /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$/,
  ',': /^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?$/,
}
/** A space or an apostrophe between digits parts thousands, too. */
const GAPS = /(?<=\d)[\s\u00a0\u202f'’](?=\d{3})/g

const WITH_UNIT = /^(.*\d)[\s\u00a0]*([a-z°℃]{1,4})$/i

export function numberParser(
  decimal: Decimal,
  missing: readonly string[] = missingWords,
): NumberParser {
  const words = new Set(missing)
  return (text, exponent, base) => {
    if (text === '') return null
    if (decimal === '.' && NUMBER.test(text)) return scaled(text, exponent)
    const number = text.trim()
    if (number === '' || words.has(number.toLowerCase())) return null
    const plain = plainNumber(number.replace('−', '-').replace(/ ?%$/, ''), decimal)
    if (plain !== undefined) return scaled(plain, exponent)
    const [, value = '', name = ''] = WITH_UNIT.exec(number) ?? []
    const unit = unitOf(name)
    if (unit === undefined || unit.base !== base) return undefined
    const measured = plainNumber(value.replace('−', '-'), decimal)
    return measured === undefined ? undefined : scaled(measured, unit.exponent)
  }
}

/** Returns the number with a decimal point and without marks between thousands; undefined if it is none. */
function plainNumber(text: string, decimal: Decimal): string | undefined {
  const number = text.replace(GAPS, '')
  if (decimal === ',') {
    if (THOUSANDS[','].test(number)) return number.replaceAll('.', '').replace(',', '.')
    return number.includes('.') ? undefined : plainNumber(number.replace(',', '.'), '.')
  }
  if (NUMBER.test(number)) return number
  return THOUSANDS['.'].test(number) ? number.replaceAll(',', '') : undefined
}

/** Moves the decimal point in the text, which is exact; 1.005 * 1000 is 1004.9999999999999. */
function scaled(number: string, exponent: number): number {
  if (exponent === 0) return Number(number)
  return /e/i.test(number) ? Number(number) * 10 ** exponent : Number(`${number}e${exponent}`)
}

/** What the numbers of a file say about its decimals: undecided with one that can be read two ways. */
export type DecimalFinding = { decimal: Decimal } | { undecided: string }

/** So many numbers that can be read one way alone decide. */
const ENOUGH_VOTES = 1000

const ONE_MARK = /^[+-]?(\d+)([.,])(\d+)$/
const BOTH_MARKS = /^[+-]?\d{1,3}(?:([.,])\d{3})+([.,])\d+$/
const REPEATED_MARK = /^[+-]?\d{1,3}(?:([.,])\d{3}){2,}$/

/**
 * Finds out which character the decimals follow. 1.200 and 1,200 can be one or more than a thousand, unless another
 * number decides. If the delimiter is a comma, a point without quotes parts decimals.
 */
export function findDecimal(cells: Iterable<string>, delimiter: string): DecimalFinding {
  const votes = { '.': 0, ',': 0 }
  let undecided: string | undefined
  for (const cell of cells) {
    if (votes['.'] + votes[','] >= ENOUGH_VOTES) break
    const number = cell.trim().replace(WITH_UNIT, '$1').replace(GAPS, '')
    const both = BOTH_MARKS.exec(number)
    if (both !== null && both[1] !== both[2]) {
      votes[both[2] === ',' ? ',' : '.']++
      continue
    }
    const repeated = REPEATED_MARK.exec(number)
    if (repeated !== null) {
      votes[repeated[1] === ',' ? '.' : ',']++
      continue
    }
    const one = ONE_MARK.exec(number)
    if (one === null) continue
    const [, whole = '', mark, decimals = ''] = one
    const mayBeThousands = decimals.length === 3 && whole.length <= 3 && !whole.startsWith('0')
    if (!mayBeThousands || (mark === '.' && delimiter === ',')) votes[mark === ',' ? ',' : '.']++
    else undecided ??= number
  }
  if (votes['.'] + votes[','] > 0) return { decimal: votes['.'] >= votes[','] ? '.' : ',' }
  return undecided === undefined ? { decimal: '.' } : { undecided }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['yes', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['no', false],
  ['off', false],
  ['0', false],
])

/** null: not measured. undefined: neither true nor false. */
export function parseBoolean(text: string): boolean | null | undefined {
  const word = text.trim().toLowerCase()
  return word === '' || missingWords.includes(word) ? null : BOOLEANS.get(word)
}

/** undefined: not a whole number. The range is not checked. */
export function parseWholeNumber(text: string): number | undefined {
  const digits = text.trim()
  return /^-?\d{1,15}$/.test(digits) ? Number(digits) : undefined
}
