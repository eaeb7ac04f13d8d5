/** What a plant lacks, so that the sums of these fields are null. */
export interface Missing {
  plantId: number
  fields: string[]
}

/** What is known of one plant. */
export interface PlantPart<Field extends string, Value> {
  plantId: number
  values: Readonly<Record<Field, Value | null>>
}

export interface Sums<Field extends string, Value> {
  /** null: a part is missing, or there are no parts. Only of the requested fields. */
  sums: Partial<Record<Field, Value | null>>
  /** The plants that lack something, in the order of the parts. */
  missing: Missing[]
}

/** Adds up the requested fields of all parts. A sum in which a part is missing is null, never that of the others. */
export function sumParts<Field extends string, Value>(
  parts: readonly PlantPart<Field, Value>[],
  fields: readonly Field[],
  add: (a: Value, b: Value) => Value,
): Sums<Field, Value> {
  const sums: Partial<Record<Field, Value | null>> = {}
  for (const field of fields) {
    const [first = null, ...others] = parts.map(({ values }) => values[field])
    sums[field] = others.reduce((sum, value) => {
      return sum === null || value === null ? null : add(sum, value)
    }, first)
  }
  const missing: Missing[] = []
  for (const { plantId, values } of parts) {
    const lacking = fields.filter((field) => values[field] === null)
    if (lacking.length > 0) missing.push({ plantId, fields: lacking })
  }
  return { sums, missing }
}

export const addNumbers = (a: number, b: number) => a + b

/** The smallest share; 0 if there are none. */
export function lowest(shares: readonly number[]): number {
  return shares.length === 0 ? 0 : shares.reduce((a, b) => Math.min(a, b))
}
