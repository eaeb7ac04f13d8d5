/** Something of which there is a bounded amount, in all and for each holder. */
export class Quota {
  readonly most: number
  readonly mostOfOne: number
  readonly #byHolder = new Map<string, number>()
  #used = 0

  constructor({ most, mostOfOne }: { most: number; mostOfOne: number }) {
    this.most = most
    this.mostOfOne = mostOfOne
  }

  get used(): number {
    return this.#used
  }

  /** Takes an amount for a holder. If there is no room, takes nothing and returns whose limit is reached. */
  take(holder: string, amount = 1): 'its own' | 'of all' | undefined {
    const own = (this.#byHolder.get(holder) ?? 0) + amount
    if (own > this.mostOfOne) return 'its own'
    if (this.#used + amount > this.most) return 'of all'
    this.#byHolder.set(holder, own)
    this.#used += amount
    return undefined
  }

  /** Gives back what was taken, once. */
  give(holder: string, amount = 1): void {
    const left = (this.#byHolder.get(holder) ?? 0) - amount
    if (left > 0) this.#byHolder.set(holder, left)
    else this.#byHolder.delete(holder)
    this.#used -= amount
  }
}
