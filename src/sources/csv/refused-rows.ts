/** Why a row was refused; `field` is the name of the column in the file. */
export interface RowFault {
  line: number
  field: string
  expected: string
  got: string
}

const SHOWN = 20

/** Rows or values of a file that cannot be stored: all counted, the first 20 kept. */
export class RefusedRows {
  readonly first: RowFault[] = []
  count = 0

  add(fault: RowFault): void {
    this.count++
    if (this.first.length < SHOWN) this.first.push(fault)
  }
}

/** A line for each of the first 20, by their lines, and how many more there are. */
export function describeRefused(...refused: readonly RefusedRows[]): string {
  const first = refused
    .flatMap((rows) => rows.first)
    .toSorted((a, b) => a.line - b.line)
    .slice(0, SHOWN)
  const lines = first.map(
    ({ line, field, expected, got }) =>
      `  line ${line}, ${field}: expected ${expected}, got ${got}`,
  )
  const more = refused.reduce((sum, { count }) => sum + count, 0) - first.length
  if (more > 0) lines.push(`  and ${more} more`)
  return lines.join('\n')
}
