import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Session } from '../../database/database.ts'
import type { Logger } from '../../log.ts'
import type { RetentionPolicy } from './policy.ts'
import { runRetention } from './run.ts'

export interface ScheduleOptions {
  policy: RetentionPolicy
  log: Logger
  /** Milliseconds until the first run. */
  firstAfter?: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** How long a run may take. If something is left, the next one follows a minute later. */
const BUDGET_MS = 10 * MINUTE_MS

/**
 * Runs retention a minute after the start, then once an hour until disposed, on a connection of its own. If there are
 * several servers, each tries, and one runs. If that one dies, another takes over.
 */
export function startRetention(
  database: Database,
  { policy, log, firstAfter = MINUTE_MS }: ScheduleOptions,
): AsyncDisposable {
  const closing = new AbortController()
  const { signal } = closing
  let session: Session | undefined

  /** Returns the milliseconds until the next run. */
  const run = async (): Promise<number> => {
    try {
      await using opened = await database.openSession('retention')
      session = opened
      if (signal.aborted) return HOUR_MS
      const result = await runRetention(opened, policy, { budgetMs: BUDGET_MS, signal })
      if (result === undefined) return HOUR_MS
      const { readings, chunks, tiles, compressed, unfinished } = result
      const level = readings + chunks + tiles + compressed > 0 || unfinished ? 'info' : 'debug'
      log[level](result, 'Retention ran')
      return unfinished === null ? HOUR_MS : MINUTE_MS
    } catch (error) {
      if (!signal.aborted) log.error({ err: error }, 'Retention failed; retrying in an hour')
      return HOUR_MS
    } finally {
      session = undefined
    }
  }

  const running = (async () => {
    let pause = firstAfter
    for (;;) {
      await sleep(pause, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      pause = await run()
    }
  })()
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      await session?.[Symbol.asyncDispose]()
      await running
    },
  }
}
