/** Numbers that look random and are the same for the same seed and operation, whatever was drawn for others. */
export class Random {
  #state: number

  constructor(seed: number, operation = 0) {
    this.#state = mix(mix(seed) ^ mix(operation + 0x9e3779b9))
  }

  /** From 0 to just below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let word = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number, both ends included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  /** A whole number from 1, small ones as often as large ones of the same number of digits. */
  size(most: number): number {
    return Math.max(1, Math.floor(Math.exp(this.next() * Math.log(most))))
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  /** Throws where there is nothing to pick. */
  pick<Item>(items: readonly Item[]): Item {
    const index = this.integer(0, items.length - 1)
    if (index in items) return items[index] as Item
    throw new Error('Expected something to pick from, got an empty list')
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries<number>(weights) as [Name, number][]
    let place = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      place -= weight
      if (place < 0) return name
    }
    return this.pick(entries)[0]
  }

  /** So many of the items, none twice, in any order. */
  some<Item>(items: readonly Item[], count: number): Item[] {
    const left = [...items]
    const picked: Item[] = []
    while (picked.length < count && left.length > 0) {
      picked.push(...left.splice(this.integer(0, left.length - 1), 1))
    }
    return picked
  }
}

function mix(value: number): number {
  let word = value | 0
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return word ^ (word >>> 16)
}
