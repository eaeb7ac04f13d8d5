/** Names what is stored; equal names mean that nothing changed in between. undefined where that cannot be told. */
export type ReadState = () => Promise<string | undefined>

/** An answer, and its length; undefined: it is not to be given again. */
export interface Answer<Result> {
  readonly result: Result
  readonly length: number | undefined
}

interface Known<Result> {
  /** What is stored is still what the answer was made of while it has this name. */
  kept?: { readonly state: string; readonly answer: Answer<Result> }
  /** What comes was asked of what had this name, or of something newer. */
  coming?: { readonly state: string; readonly answer: Promise<Answer<Result>> }
  weight: number
}

/** Letters, which are bytes where they are Latin. */
const MOST_KEPT = 32 * 1024 * 1024
const LEAST_WEIGHT = 500

/**
 * Answers that are made of what is stored and of nothing else. Who asks what was asked before gets that answer where
 * nothing was stored since, and waits for one that is on its way where nothing was stored since that was begun. So no
 * answer is older than its question. What is asked once costs nothing more.
 */
export class ReusedAnswers<Result> {
  readonly #readState: ReadState
  /** The longest unused first. */
  readonly #known = new Map<string, Known<Result>>()
  #weight = 0

  /** `readState` begins to read after it is called. */
  constructor(readState: ReadState) {
    this.#readState = readState
  }

  async answer(key: string, run: () => Promise<Answer<Result>>): Promise<Result> {
    const known = this.#touch(key)
    if (known === undefined) return (await run()).result
    const state = await this.#state()
    if (state === undefined) return (await run()).result
    if (known.kept?.state === state) return known.kept.answer.result
    while (known.coming?.state === state) {
      // What fails for another, who left or was told BUSY, is asked for once more.
      const answer = await known.coming.answer.catch(() => undefined)
      if (answer !== undefined) return answer.result
    }
    const coming = { state, answer: run() }
    known.coming = coming
    try {
      const answer = await coming.answer
      void this.#keep(key, known, { state, answer })
      return answer.result
    } finally {
      if (known.coming === coming) delete known.coming
    }
  }

  /** undefined also where it cannot be read: who then asks for the rest is told why. */
  #state(): Promise<string | undefined> {
    return this.#readState().catch(() => undefined)
  }

  #touch(key: string): Known<Result> | undefined {
    const known = this.#known.get(key)
    this.#known.delete(key)
    this.#known.set(key, known ?? { weight: 0 })
    if (known === undefined) this.#weigh(key, 0)
    return known
  }

  async #keep(key: string, known: Known<Result>, made: NonNullable<Known<Result>['kept']>) {
    const { length } = made.answer
    if (length === undefined || (await this.#state()) !== made.state) return
    if (this.#known.get(key) !== known) return
    known.kept = made
    this.#weigh(key, length)
  }

  #weigh(key: string, length: number): void {
    const known = this.#known.get(key)
    if (known === undefined) return
    const weight = LEAST_WEIGHT + key.length + length
    this.#weight += weight - known.weight
    known.weight = weight
    for (const [oldKey, old] of this.#known) {
      if (this.#weight <= MOST_KEPT) return
      this.#known.delete(oldKey)
      this.#weight -= old.weight
    }
  }
}
