import { createTurns } from './turns.ts'

/** Lets operations begin by what they cost, in the unit of limits.ts. */
export interface Admission extends Disposable {
  /** Resolves when the operation may begin, with what is to be called once it has ended. May reject with `BUSY`. */
  admit(client: string, cost: number): Promise<() => void>
  /** Operations that wait. */
  readonly waiting: number
}

/** Up to here an operation takes about two milliseconds: the newest readings, a page of 30, a chart of a day. */
const LIGHT_COST = 1000
/** So many light ones together delay whoever comes by less than a quarter of a second. */
const MOST_LIGHT = 100
/** The dearest and some others, so that one can wait for the database while another is executed. */
const HEAVY_CAPACITY = 100_000
/** A quarter of the time that an operation takes this process. */
const REST_MS_BY_COST = 0.0005
const RECENT_MS = 1000
const PATIENCE_MS = 10_000
const LONGEST_QUEUE = 200

/**
 * Light operations begin at once. Heavy ones take turns, few at a time and with a rest after each while there are
 * light ones: this process does one thing at a time, and a light operation needs it several times, on arrival and with
 * each answer of the database.
 */
export function createAdmission(): Admission {
  let lastLight = Number.NEGATIVE_INFINITY
  const queue = { longestQueue: LONGEST_QUEUE, patienceMs: PATIENCE_MS }
  const light = createTurns({ ...queue, capacity: MOST_LIGHT })
  const heavy = createTurns({
    ...queue,
    capacity: HEAVY_CAPACITY,
    restAfter: (cost) => (performance.now() - lastLight < RECENT_MS ? cost * REST_MS_BY_COST : 0),
  })
  return {
    admit: (client, cost) => {
      if (cost > LIGHT_COST) return heavy.take(client, cost)
      lastLight = performance.now()
      return light.take(client, 1)
    },
    get waiting() {
      return light.waiting + heavy.waiting
    },
    [Symbol.dispose]: () => {
      light[Symbol.dispose]()
      heavy[Symbol.dispose]()
    },
  }
}
