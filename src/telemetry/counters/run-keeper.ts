import type { Instant } from '../../database/instant.ts'
import type { CounterRun, CounterSpan } from './counter.ts'
import { isGap, rises } from './counting.ts'

/** Edges of hours and days lie on quarters of an hour in every time zone of today. */
const QUARTER = 15 * 60_000_000

type Shown = Omit<CounterRun, 'begins'>

/**
 * Makes runs of looks at one counter, and leaves out those that nobody would miss: what is kept are the runs on both
 * sides of each quarter of an hour of the clock, and of each fall, leap and gap. So the kWh between any two quarters
 * are the same as those of all runs.
 *
 * A fall or a leap counts once another look confirms it, as in evcc's accumulator (core/metrics/accumulator.go), since
 * inverters now and then show a wrong value once. One of a total counter has to be followed by a rise: an inverter that
 * starts may show 0 for a while.
 */
export class RunKeeper {
  readonly #span: CounterSpan
  /** The run of the newest looks. */
  #open: CounterRun | undefined
  /** A fall or leap that is not confirmed. */
  #doubtful: Shown | undefined

  constructor(span: CounterSpan) {
    this.#span = span
  }

  /** Takes a look in. Returns the runs that are to be stored, in order; one that was returned before has grown. */
  take(at: Instant, kwh: readonly number[]): CounterRun[] {
    const look = { since: at, until: at, kwh }
    const [open, doubtful] = [this.#open, this.#doubtful]
    const last = doubtful ?? open
    if (open === undefined || last === undefined || at < last.until) return this.#start(look)
    if (at === last.until) return []
    // After a gap, that it shows more again does not say that the fall was none.
    if (rises(open, look) && (doubtful === undefined || !isGap(doubtful, look))) {
      this.#doubtful = undefined
      return this.#goOn(open, look)
    }
    if (doubtful === undefined) {
      this.#doubtful = look
      return []
    }
    if (this.#span === 'TOTAL' && showsSame(doubtful, look)) {
      this.#doubtful = { ...doubtful, until: at }
      return []
    }
    if (!rises(doubtful, look)) {
      this.#doubtful = look
      return []
    }
    this.#doubtful = undefined
    const confirmed = { ...doubtful, begins: true }
    return [open, confirmed, ...this.#goOn(confirmed, look)]
  }

  /** Returns the run of the newest looks, so that it is stored up to them. */
  flush(): CounterRun[] {
    return this.#open === undefined ? [] : [this.#open]
  }

  /** The first look, or the first after the clock was set back. */
  #start(look: Shown): CounterRun[] {
    this.#doubtful = undefined
    this.#open = { ...look, begins: true }
    return [this.#open]
  }

  #goOn(open: CounterRun, look: Shown): CounterRun[] {
    const isNextQuarter = quarterOf(look.since) !== quarterOf(open.until)
    if (showsSame(open, look) && !isGap(open, look)) {
      this.#open = { ...open, until: look.until }
      return isNextQuarter ? [this.#open] : []
    }
    const begins = isGap(open, look)
    this.#open = { ...look, begins }
    return begins || isNextQuarter ? [open, this.#open] : []
  }
}

function showsSame(one: Shown, other: Shown): boolean {
  return one.kwh.every((kwh, meter) => kwh === other.kwh[meter])
}

function quarterOf(instant: Instant): number {
  return Math.floor(instant / QUARTER)
}
