import type { ReadTurns } from './read-turns.ts'

/**
 * Lets so many pieces of work go on at a time. The others begin in the order in which they came, in turns with what is
 * read: work that ends at once would otherwise keep everybody else waiting for all of it.
 */
export class Places {
  #free: number
  readonly #turns: ReadTurns
  readonly #waiting: (() => void)[] = []

  constructor(count: number, turns: ReadTurns) {
    this.#free = count
    this.#turns = turns
  }

  /** Whether any work waits. */
  get isFull(): boolean {
    return this.#waiting.length > 0
  }

  /** Takes a place. Returns a promise of it if none is free. */
  take(): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free -= 1
      return undefined
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  /** To be called once for each place that was taken. */
  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else this.#turns.resumeInTurn({ resume: next })
  }
}
