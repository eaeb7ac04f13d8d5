const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

/** Whether it is a code of ISO 4217, such as EUR. */
export function isCurrency(text: string): boolean {
  return currencies.has(text)
}

const known = new Map<string, number>()

/** How many decimals amounts of a currency have: 2 for EUR, 0 for JPY. */
export function decimalsOf(currency: string): number {
  return known.getOrInsertComputed(currency, () => {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency })
    return format.resolvedOptions().maximumFractionDigits ?? 2
  })
}
