/** Why a row was refused; `field` is the name of the column in the file. */
export interface RowFault {
  line: number
  field: string
  expected: string
  got: string
}

const SHOWN = 20

/** The rows of a file that cannot be stored: all counted, the first 20 kept. */
export class RefusedRows {
  readonly first: RowFault[] = []
  count = 0

  add(fault: RowFault): void {
    this.count++
    if (this.first.length < SHOWN) this.first.push(fault)
  }

  /** A line for each of the first, and how many more there are. */
  describe(): string {
    const lines = this.first.map(
      ({ line, field, expected, got }) =>
        `  line ${line}, ${field}: expected ${expected}, got ${got}`,
    )
    const more = this.count - this.first.length
    if (more > 0) lines.push(`  and ${more} more`)
    return lines.join('\n')
  }
}
