/** What a number of a file is measured in: `base` times ten to the power of `exponent`. */
export interface Unit {
  base: 'W' | 'Wh' | 'V' | 'A' | '%' | '°C' | '°F'
  exponent: number
}

const units: ReadonlyMap<string, Unit> = new Map([
  ['W', { base: 'W', exponent: 0 }],
  ['kW', { base: 'W', exponent: 3 }],
  ['MW', { base: 'W', exponent: 6 }],
  ['Watts', { base: 'W', exponent: 0 }],
  ['kWatts', { base: 'W', exponent: 3 }],
  ['Wh', { base: 'Wh', exponent: 0 }],
  ['kWh', { base: 'Wh', exponent: 3 }],
  ['kWhs', { base: 'Wh', exponent: 3 }],
  ['MWh', { base: 'Wh', exponent: 6 }],
  ['V', { base: 'V', exponent: 0 }],
  ['mV', { base: 'V', exponent: -3 }],
  ['A', { base: 'A', exponent: 0 }],
  ['mA', { base: 'A', exponent: -3 }],
  ['%', { base: '%', exponent: 0 }],
  ['°C', { base: '°C', exponent: 0 }],
  ['℃', { base: '°C', exponent: 0 }],
  ['C', { base: '°C', exponent: 0 }],
  ['°F', { base: '°F', exponent: 0 }],
  ['F', { base: '°F', exponent: 0 }],
])
/** Which letter is large matters only between milli and mega. */
const byLowerCase = new Map([...units].map(([text, unit]) => [text.toLowerCase(), unit]))

/** Returns the unit that a text is; undefined if it is none. */
export function unitOf(text: string): Unit | undefined {
  const name = text.trim()
  return (
    units.get(name) ?? (/^m[wva]/i.test(name) ? undefined : byLowerCase.get(name.toLowerCase()))
  )
}

const IN_BRACKETS = /[[({]\s*([^\])}]+?)\s*[\])}]/g
const AT_THE_END = /[\s_,/-](kwh|wh|kw|w|%)$/i

/** Returns the unit that the header of a column names: alone, in brackets, or at the end, such as `pv_kw`. */
export function unitInHeader(cells: readonly string[]): Unit | undefined {
  for (const cell of cells.toReversed()) {
    const alone = unitOf(cell)
    if (alone !== undefined) return alone
    for (const [, inside = ''] of cell.matchAll(IN_BRACKETS)) {
      const unit = unitOf(inside)
      if (unit !== undefined) return unit
    }
    const end = AT_THE_END.exec(cell.trim())
    if (end?.[1] !== undefined) return unitOf(end[1])
  }
  return undefined
}

/** Returns a name without its unit, and with single spaces for every mark but % and currencies, in lower case. */
export function plainName(cell: string): string {
  return cell
    .replace(IN_BRACKETS, (whole, inside: string) => (unitOf(inside) === undefined ? whole : ' '))
    .replace(AT_THE_END, ' ')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{Sc}%]+/gu, ' ')
    .trim()
}
