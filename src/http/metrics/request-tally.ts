/** What came of one operation. */
export interface CountedRequest {
  /** As the client names it; undefined: it has no name, or was refused before its name was read. */
  readonly operation: string | undefined
  /** `OK`, or the code of the first error. */
  readonly code: string
  /** From the request to its answer; of a subscription, until it has begun. */
  readonly seconds: number
}

/** The requests of one operation name. */
export interface OperationTally {
  readonly codes: ReadonlyMap<string, number>
  /** How many requests took at most as long as each of `latencyBounds`, and longer than the one before; then the rest. */
  readonly buckets: Readonly<Float64Array>
  /** How long all of them took together. */
  readonly seconds: number
}

/** Seconds. */
export const latencyBounds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

const MOST_NAMES = 100
const LONGEST_NAME = 64
const UNNAMED = 'unnamed'
const OTHER = 'other'

/**
 * Counts what clients were answered, in bounded memory and without an allocation for each request. Clients choose the
 * names of operations: the first 100 with which an operation succeeded are counted by name, of which 64 characters are
 * kept, and the rest as `other`.
 */
export class RequestTally {
  readonly #operations = new Map<string, MutableTally>()
  #names = 0
  /** Requests that were given an answer which was made for another one. */
  reused = 0
  /** Events that were sent to subscribers. */
  messages = 0

  get operations(): ReadonlyMap<string, OperationTally> {
    return this.#operations
  }

  count({ operation, code, seconds }: CountedRequest): void {
    const tally = this.#tallyOf(operation, code)
    tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1)
    let bucket = 0
    while (seconds > (latencyBounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket++
    tally.buckets[bucket] = (tally.buckets[bucket] ?? 0) + 1
    tally.seconds += seconds
  }

  #tallyOf(operation: string | undefined, code: string): MutableTally {
    const name = operation?.slice(0, LONGEST_NAME).toWellFormed() || UNNAMED
    const known = this.#operations.get(name)
    if (known !== undefined) return known
    return this.#operations.getOrInsertComputed(this.#labelOf(name, code), newTally)
  }

  /** Returns what a name that is not known is counted as. One that is refused must not use a name up. */
  #labelOf(name: string, code: string): string {
    if (name === UNNAMED) return UNNAMED
    if (code !== 'OK' || this.#names >= MOST_NAMES) return OTHER
    this.#names++
    // A copy, because a part of a string keeps the whole of it in memory.
    return Buffer.from(name).toString()
  }
}

interface MutableTally extends OperationTally {
  readonly codes: Map<string, number>
  readonly buckets: Float64Array
  seconds: number
}

function newTally(): MutableTally {
  return {
    codes: new Map(),
    buckets: new Float64Array(latencyBounds.length + 1),
    seconds: 0,
  }
}
