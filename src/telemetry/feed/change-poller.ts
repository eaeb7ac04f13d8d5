import type { Logger } from '../../log.ts'

/** What may have changed: what the notes of writers tell, or anything. */
export type ChangeScope = 'changed' | 'all'

export interface ChangePoller extends AsyncDisposable {
  /** Looks soon. */
  look(scope: ChangeScope): void
  /** Looks now, and again for those who kept silent because of an announcement; also for who just came. */
  heard(scope: ChangeScope): void
}

export interface ChangePollerOptions {
  /** Whether somebody wants to know. */
  wanted(): boolean
  /** Answers whether something was under way at that moment that may not be announced. */
  look(scope: ChangeScope): Promise<boolean>
  log: Logger
}

/** Also without a word: a commit is announced only if none was within 20 ms, and that one may have failed. */
const POLL_MS = 1000
/** What is not noted, such as a deletion, and was not heard of is found this often. */
const LOOK_AT_ALL_MS = 30_000
/** How long after an announcement to look again: once in any case, and on while something is under way. */
const AGAIN_AFTER_MS = [25, 75, 200, 400]

/**
 * Decides when to look for what was committed: on an announcement at once, and otherwise after a second without a look, so that
 * without a connection that carries announcements everything arrives a second later at most. However many plants
 * and subscribers there are, a burst of commits costs the same few looks, one at a time.
 */
export function openChangePoller({ wanted, look, log }: ChangePollerOptions): ChangePoller {
  let asked: ChangeScope | undefined
  let looking: Promise<void> | undefined
  let again: NodeJS.Timeout | undefined
  /** How often it was looked again since the last announcement. */
  let step = AGAIN_AFTER_MS.length
  let failed = false
  let closed = false

  const lookWhileAsked = async (): Promise<void> => {
    while (asked !== undefined && !closed) {
      const scope = failed ? 'all' : asked
      asked = undefined
      poll.refresh()
      try {
        const underWay = await look(scope)
        failed = false
        lookAgain(underWay)
      } catch (error) {
        // Before the first migration there is no table; while the database is away health tells of that.
        failed = true
        log.debug({ err: error }, 'What was committed could not be read; trying again in a second')
      }
    }
  }

  const lookAgain = (underWay: boolean): void => {
    const pause = AGAIN_AFTER_MS[step]
    if (pause === undefined || (step > 0 && !underWay)) return
    step += 1
    clearTimeout(again)
    again = setTimeout(ask, pause, 'changed')
  }

  const ask = (scope: ChangeScope): void => {
    if (closed || !wanted()) return
    if (asked !== 'all') asked = scope
    looking ??= lookWhileAsked().finally(() => {
      looking = undefined
    })
  }

  const poll = setInterval(ask, POLL_MS, 'changed')
  const pollAll = setInterval(ask, LOOK_AT_ALL_MS, 'all')
  return {
    look: ask,
    heard: (scope) => {
      step = 0
      ask(scope)
    },
    [Symbol.asyncDispose]: async () => {
      closed = true
      clearInterval(poll)
      clearInterval(pollAll)
      clearTimeout(again)
      await looking
    },
  }
}
