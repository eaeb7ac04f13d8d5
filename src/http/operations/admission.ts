import { Fault } from '../../fault.ts'
import { refusal } from '../reply.ts'
import { createTurns } from '../turns.ts'

/** Lets operations begin by what they cost, in the unit of limits.ts. */
export interface Admission extends Disposable {
  /** Opens the turn of a request, whose client may leave while it waits. */
  openTurn(client: string, isGone: () => boolean): Turn
  /** Operations that wait. */
  readonly waiting: number
}

/** The turn of a request, which has one at a time: to be read, and then to be executed. It ends when it is disposed. */
export interface Turn extends Disposable {
  /** Resolves when work of this cost may begin; what the turn was taken for before has ended. May reject with `BUSY`. */
  take(cost: number): Promise<void>
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
/** Of one client, which may be a proxy of many. */
const LONGEST_QUEUE = { light: 2000, heavy: 200 }

/**
 * Light operations begin at once. Heavy ones take turns, few at a time and with a rest after each while there are
 * light ones: this process does one thing at a time, and a light operation needs it several times, on arrival and with
 * each answer of the database.
 */
export function createAdmission(): Admission {
  let lastLight = Number.NEGATIVE_INFINITY
  const light = createTurns({
    capacity: MOST_LIGHT,
    longestQueue: LONGEST_QUEUE.light,
    patienceMs: PATIENCE_MS,
  })
  const heavy = createTurns({
    capacity: HEAVY_CAPACITY,
    longestQueue: LONGEST_QUEUE.heavy,
    patienceMs: PATIENCE_MS,
    restAfter: (cost) => (performance.now() - lastLight < RECENT_MS ? cost * REST_MS_BY_COST : 0),
  })
  const admit = (client: string, cost: number): Promise<() => void> => {
    if (cost > LIGHT_COST) return heavy.take(client, cost)
    lastLight = performance.now()
    return light.take(client, 1)
  }
  return {
    openTurn: (client, isGone) => {
      let end = () => {}
      return {
        take: async (cost) => {
          end()
          end = () => {}
          if (cost === 0) return
          end = await admit(client, cost).catch((error: unknown) => {
            throw error instanceof Fault ? refusal(error) : error
          })
          if (!isGone()) return
          throw new Fault('BAD_USER_INPUT', 'The connection was lost before the operation began')
        },
        [Symbol.dispose]: () => end(),
      }
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
