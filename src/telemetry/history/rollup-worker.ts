import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Session } from '../../database/database.ts'
import { toDatabaseFault } from '../../database/faults.ts'
import { formatInstant, type Instant, instantOf } from '../../database/instant.ts'
import { Fault } from '../../fault.ts'
import type { Logger } from '../../log.ts'
import { pruneLog } from '../changes/prune-log.ts'
import { makeLiveChunks } from '../chunks-ahead.ts'
import { watchTrouble } from '../trouble.ts'
import { repairCounts, setMaxGap } from './rebuild.ts'
import { rollUp } from './roll-up.ts'

export interface RollupWorkerOptions {
  /** Milliseconds; undefined leaves the current gap limit. */
  maxGap: number | undefined
  /** How many days after a commit the feed can be resumed. */
  feedRetention: number
  log: Logger
}

const PAUSE_MS = 10_000
/**
 * The worker is busy at most a fifth of the time. The rest is for requests, which read from the readings what is not
 * rolled up.
 */
const PAUSES_PER_PASS = 4

/**
 * Rolls up what was written, prunes the log of the feed, and makes the chunks that live readings are about to need, on
 * a connection of its own. It has these states:
 * - WORKING: one pass, with a connection of its own. Applies MAX_GAP in the first pass, makes chunks when they are
 *   due, repairs the counts, rolls up every plant once, and prunes the log.
 * - PAUSED: entered after a pass, whether it failed or not, for ten seconds or four times the length of the pass. Then
 *   WORKING again. `trouble` logs the first failure and the recovery.
 * - CLOSED: entered by disposal, which ends the connection of the current pass; final.
 *
 * If there are several servers, each tries, and one rolls up at a time. If that one dies, another takes over.
 */
export function startRollupWorker(
  database: Database,
  { maxGap, feedRetention, log }: RollupWorkerOptions,
): AsyncDisposable {
  const closing = new AbortController()
  const trouble = watchTrouble(log, 'Rolling up failed; retrying', 'Readings are rolled up again')
  let session: Session | undefined
  let hasMaxGap = maxGap === undefined
  let chunksDue: Instant = 0

  const pass = async (): Promise<void> => {
    await using opened = await database.openSession('rollups')
    session = opened
    if (closing.signal.aborted) return
    if (!hasMaxGap && maxGap !== undefined) {
      if (await setMaxGap(opened.kysely, maxGap)) {
        log.info(
          'MAX_GAP changed: everything is rolled up again, and until then queries use the readings',
        )
      }
      hasMaxGap = true
    }
    const now = instantOf(new Date())
    if (now >= chunksDue) chunksDue = await makeLiveChunks(opened.kysely, now)
    if (await repairCounts(opened.kysely)) {
      log.warn('The number of readings was not the sum of their hours: they are counted again')
    }
    let next: number | undefined
    for (let more = true; more && !closing.signal.aborted; ) {
      const step = await rollUp(opened.kysely, next)
      more = step?.more ?? false
      next = step?.next
      if (step?.frozenUntil !== undefined) tellFrozen(log, step.frozenUntil)
      else if (step?.keepsHours) tellKept(log)
    }
    if (!closing.signal.aborted) await pruneLog(opened.kysely, feedRetention)
  }

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const begin = performance.now()
      try {
        await pass()
        trouble.succeeded()
      } catch (error) {
        if (isExpected(error)) log.debug({ err: error }, 'There is nothing to roll up into')
        else if (!closing.signal.aborted) trouble.failed(error)
      }
      session = undefined
      const pause = Math.max(PAUSE_MS, PAUSES_PER_PASS * (performance.now() - begin))
      await sleep(pause, undefined, { signal: closing.signal }).catch(() => {})
    }
  }
  const running = run()
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await session?.[Symbol.asyncDispose]()
      await running
    },
  }
}

function tellFrozen(log: Logger, until: Instant): void {
  log.warn(
    { until: formatInstant(until) },
    'Somebody else dropped old chunks: history keeps what their readings said, and readings written to that time no longer change it',
  )
}

function tellKept(log: Logger): void {
  log.warn(
    'Somebody else dropped chunks: history keeps what their readings said, until as many readings are written to that time again',
  )
}

/** Before the migrations there is nothing to roll up into. If the database is unavailable, health reports it. */
function isExpected(error: unknown): boolean {
  const fault = toDatabaseFault(error) ?? error
  return fault instanceof Fault && ['SCHEMA_NOT_READY', 'DATABASE_UNAVAILABLE'].includes(fault.code)
}
