/** What is known of a PV string, or of the strings of one inverter. null: it was not measured. */
export interface PvString {
  voltage: number | null
  current: number | null
  /** W; if it was not measured, volts times amperes. */
  power: number | null
}

/** What the strings of a plant are together. */
export interface JoinedStrings {
  voltage: number | null
  current: number
}

/**
 * Returns volts and amperes of all strings that deliver power: the sum of their currents, and the mean of their
 * voltages, weighted by current, so that one times the other is their power. If none delivers, the current is 0, and
 * only a single string has a voltage. undefined if a string that delivers, or may, lacks a value.
 */
export function joinStrings(strings: readonly PvString[]): JoinedStrings | undefined {
  const powers = strings.map(powerOf)
  if (powers.includes(null)) return undefined
  const delivering = strings.filter((_, index) => (powers[index] ?? 0) > 0)
  let current = 0
  let power = 0
  for (const { voltage, current: amperes } of delivering) {
    if (voltage === null || amperes === null) return undefined
    current += amperes
    power += voltage * amperes
  }
  const [first, ...others] = delivering.length > 0 ? delivering : strings
  const mean = current > 0 ? rounded(power / current) : null
  return {
    voltage: first !== undefined && others.length === 0 ? first.voltage : mean,
    current: rounded(current),
  }
}

/** null if nothing says whether it delivers power. */
function powerOf({ voltage, current, power }: PvString): number | null {
  if (power !== null) return power
  if (voltage === 0 || current === 0) return 0
  return voltage === null || current === null ? null : voltage * current
}

/** To thousandths: without the errors of binary fractions. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
