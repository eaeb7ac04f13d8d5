import { Fault } from '../fault.ts'

/** A year of prices by the quarter of an hour, and its periods. */
export const MOST_RATES = 40_000

/**
 * How many different rates the costs of one operation may have, one after the other. Only the tariffs tell: a flat one
 * has one in all years, and prices by the quarter of an hour have 35,000 a year, each of which takes some 4 µs.
 */
export class RateAllowance {
  #left = MOST_RATES

  /** Throws `QUERY_TOO_COMPLEX` if so many are more than are left. */
  spend(rates: number): void {
    if (rates > this.#left) {
      throw new Fault(
        'QUERY_TOO_COMPLEX',
        `Expected costs with at most ${MOST_RATES} changes of the rate in an operation; this range has ${rates} or more, and ${this.#left} are left: ask for less time`,
        { path: ['from'] },
      )
    }
    this.#left -= rates
  }
}
