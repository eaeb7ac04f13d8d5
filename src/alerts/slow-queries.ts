import { abridge } from '../fault.ts'
import type { Condition } from './alert.ts'

/** Statements that took longer than a limit since they were last taken. */
export interface SlowQueries {
  record(query: { sql: string; durationMs: number }): void
  /** Returns a condition for each statement, and forgets them. */
  take(): Condition[]
}

/** Statements differ by their text alone, which has no values in it; more than these at once is one problem. */
const MOST = 20
const SHOWN_CHARACTERS = 300

/** `limitMs` undefined: no query counts as slow. */
export function collectSlowQueries(limitMs: number | undefined): SlowQueries {
  const slowest = new Map<string, number>()
  return {
    record: ({ sql, durationMs }) => {
      if (limitMs === undefined || durationMs <= limitMs) return
      const known = slowest.get(sql)
      if (known === undefined && slowest.size >= MOST) return
      slowest.set(sql, Math.max(durationMs, known ?? 0))
    },
    take: () => {
      const taken = [...slowest].map(
        ([sql, durationMs]): Condition => ({
          kind: 'SLOW_QUERY',
          subject: abridge(sql.replace(/\s+/g, ' ').trim(), SHOWN_CHARACTERS),
          detail: `took ${(durationMs / 1000).toFixed(1)} s, more than the ${(limitMs ?? 0) / 1000} s of SLOW_QUERY`,
        }),
      )
      slowest.clear()
      return taken
    },
  }
}
