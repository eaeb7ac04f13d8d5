import type { Logger } from '../log.ts'

/** Logs an operation that keeps failing: the first failure, then at intervals that double, and its recovery. */
export interface Trouble {
  failed(error: unknown): void
  succeeded(): void
}

const FIRST_INTERVAL_MS = 60_000
const LONGEST_INTERVAL_MS = 3_600_000

/** `failing` and `mended` are the log messages. */
export function watchTrouble(log: Logger, failing: string, mended: string): Trouble {
  let since: number | undefined
  let attempts = 0
  let interval = 0
  let due = 0
  return {
    failed: (error) => {
      const now = performance.now()
      since ??= now
      attempts += 1
      if (now < due) return log.debug({ err: error }, failing)
      log.warn({ err: error, attempts }, failing)
      interval = Math.min(Math.max(2 * interval, FIRST_INTERVAL_MS), LONGEST_INTERVAL_MS)
      due = now + interval
    },
    succeeded: () => {
      if (since === undefined) return
      const seconds = Math.round((performance.now() - since) / 1000)
      log.info({ attempts, seconds }, mended)
      since = undefined
      attempts = interval = due = 0
    },
  }
}
