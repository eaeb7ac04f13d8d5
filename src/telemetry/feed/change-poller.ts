import type { Logger } from '../../log.ts'
import type { Tracer } from '../../tracing/tracer.ts'

/** What may have changed: the plants that the notes name, or everything. */
export type ChangeScope = 'changed' | 'all'

export interface ChangePoller extends AsyncDisposable {
  /** Polls soon. */
  look(scope: ChangeScope): void
  /**
   * Polls now, and several times shortly after: commits within 20 ms of an announcement are not announced themselves.
   * Also for a new subscriber.
   */
  heard(scope: ChangeScope): void
}

export interface ChangePollerOptions {
  /** Whether there is a subscriber. */
  wanted(): boolean
  /** Returns whether transactions were running at that moment whose commit may not be announced. */
  look(scope: ChangeScope): Promise<boolean>
  log: Logger
  /** Traces what is sent, from the announcement of its commit on, or from the read that found it without one. */
  tracer?: Tracer | undefined
}

/**
 * Polls even without an announcement: a commit is announced only if none was within the last 20 ms, and the
 * transaction that announced may have been rolled back.
 */
const POLL_MS = 1000
/** How often to look for what has no note, such as a deletion, if its announcement was lost. */
const LOOK_AT_ALL_MS = 30_000
/** Delays after an announcement. The first always applies, the others only while transactions are running. */
const FOLLOW_UP_AFTER_MS = [25, 75, 200, 400]

/**
 * Decides when to read what was committed. It has these states:
 * - IDLE: nobody subscribes. Timers fire, but nothing is read.
 * - POLLING: there are subscribers. Reads once a second, so without a connection for notifications everything arrives
 *   a second late at most.
 * - FOLLOWING_UP: entered from POLLING or FOLLOWING_UP by `heard`. Reads at once, and again after each delay of
 *   FOLLOW_UP_AFTER_MS. Returns to POLLING when no transaction is running any more, or the delays are used up.
 * - FAILED: entered if a read throws. The next read, at most a second later, covers everything. Left when one succeeds.
 * - CLOSED: entered by disposal, and final.
 *
 * Only one read runs at a time, and requests during a read are merged into one. So a burst of commits costs the same
 * few reads, however many plants and subscribers there are.
 */
export function openChangePoller({ wanted, look, log, tracer }: ChangePollerOptions): ChangePoller {
  let asked: ChangeScope | undefined
  let looking: Promise<void> | undefined
  let followUp: NodeJS.Timeout | undefined
  /** The number of reads since the last announcement, as an index of FOLLOW_UP_AFTER_MS. */
  let step = FOLLOW_UP_AFTER_MS.length
  let failed = false
  let closed = false
  /** When the first commit was announced that no read covers yet, by `performance.now()`. */
  let heardAt: number | undefined

  const readWhileAsked = async (): Promise<void> => {
    while (asked !== undefined && !closed) {
      const scope = failed ? 'all' : asked
      asked = undefined
      poll.refresh()
      try {
        const underWay = await (tracer === undefined ? look(scope) : traced(tracer, scope))
        failed = false
        scheduleFollowUp(underWay)
      } catch (error) {
        // Only debug: before the first migration there is no table, and if the database is unavailable, health reports
        // it.
        failed = true
        log.debug({ err: error }, 'What was committed could not be read; retrying in a second')
      }
    }
  }

  const traced = (tracer: Tracer, scope: ChangeScope): Promise<boolean> => {
    const since = heardAt ?? performance.now()
    heardAt = undefined
    return tracer.beginIfAny({ name: 'commit to subscribers' }, since, () => look(scope))
  }

  const scheduleFollowUp = (underWay: boolean): void => {
    const pause = FOLLOW_UP_AFTER_MS[step]
    if (pause === undefined || (step > 0 && !underWay)) return
    step += 1
    clearTimeout(followUp)
    followUp = setTimeout(ask, pause, 'changed')
  }

  const ask = (scope: ChangeScope): void => {
    if (closed || !wanted()) return
    if (asked !== 'all') asked = scope
    looking ??= readWhileAsked().finally(() => {
      looking = undefined
    })
  }

  const poll = setInterval(ask, POLL_MS, 'changed')
  const pollAll = setInterval(ask, LOOK_AT_ALL_MS, 'all')
  return {
    look: ask,
    heard: (scope) => {
      step = 0
      if (wanted()) heardAt ??= performance.now()
      ask(scope)
    },
    [Symbol.asyncDispose]: async () => {
      closed = true
      clearInterval(poll)
      clearInterval(pollAll)
      clearTimeout(followUp)
      await looking
    },
  }
}
