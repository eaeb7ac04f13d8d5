/** Lets so many pieces of work go on at a time. The others begin in the order in which they came. */
export class Places {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#free = count
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
    else next()
  }
}
