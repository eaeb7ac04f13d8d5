import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Session } from '../../database/database.ts'
import { toDatabaseFault } from '../../database/faults.ts'
import { Fault } from '../../fault.ts'
import type { Logger } from '../../log.ts'
import { cutLog } from '../feed/cut-log.ts'
import { setMaxGap } from './max-gap.ts'
import { rollUp } from './roll-up.ts'

export interface MaintenanceOptions {
  /** Milliseconds; undefined leaves the gap limit that the rollups have. */
  maxGap: number | undefined
  /** How long the feed can be resumed after a commit, in days. */
  feedRetention: number
  log: Logger
}

const PAUSE_MS = 10_000
/** Of its time at most a fifth: the rest is for requests, which find what is not rolled up in the readings. */
const PAUSES_PER_PASS = 4

/**
 * Rolls up what was written, every ten seconds until disposed, on a connection of its own. Of several servers on
 * one database each tries, and those that find another at it leave it to that one; so whichever dies, the
 * others go on.
 */
export function startMaintenance(
  database: Database,
  { maxGap, feedRetention, log }: MaintenanceOptions,
): AsyncDisposable {
  const closing = new AbortController()
  let session: Session | undefined
  let hasMaxGap = maxGap === undefined

  const pass = async (): Promise<void> => {
    await using opened = await database.openSession('rollups')
    session = opened
    if (!hasMaxGap && maxGap !== undefined) {
      if (await setMaxGap(opened.kysely, maxGap)) {
        log.info(
          'MAX_GAP changed: everything is rolled up anew, and answered from the readings until then',
        )
      }
      hasMaxGap = true
    }
    let more = true
    while (more && !closing.signal.aborted) more = (await rollUp(opened.kysely))?.more ?? false
    if (!closing.signal.aborted) await cutLog(opened.kysely, feedRetention)
  }

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const begin = performance.now()
      try {
        await pass()
      } catch (error) {
        if (!closing.signal.aborted) {
          log[isExpected(error) ? 'debug' : 'warn'](
            { err: error },
            'Rolling up failed; trying again',
          )
        }
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

/** Before the migration there is nothing to roll up into, and while the database is away health tells of that. */
function isExpected(error: unknown): boolean {
  const fault = toDatabaseFault(error) ?? error
  return fault instanceof Fault && ['SCHEMA_NOT_READY', 'DATABASE_UNAVAILABLE'].includes(fault.code)
}
