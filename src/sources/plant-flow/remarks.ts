/** What happened to one kind of value that could not be taken over as it is. */
interface CountedRemark {
  /** What became of it and why, in words that name the columns; the same for all rows of this kind. */
  readonly what: string
  rows: number
  /** The first row of this kind. */
  readonly example: string
}

/** What was changed or left out on the way from the rows of a table to readings: all counted, with one example each. */
export class Remarks {
  readonly #byWhat = new Map<string, CountedRemark>()

  /** `describe` is called for the first row of a kind only. */
  add(what: string, describe: () => string): void {
    const known = this.#byWhat.get(what)
    if (known === undefined) this.#byWhat.set(what, { what, rows: 1, example: describe() })
    else known.rows++
  }

  /** In the order in which they came up. */
  all(): CountedRemark[] {
    return [...this.#byWhat.values()]
  }
}
