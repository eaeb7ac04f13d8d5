export interface TimedQuery {
  sql: string
  durationMs: number
}

export interface QueryTimes {
  record(query: TimedQuery): void
  /** Of the last one to two hours. */
  slowest(): TimedQuery | undefined
}

const PERIOD_MS = 3_600_000

/** Keeps the slowest query of this process, and forgets it after one to two hours. */
export function createQueryTimes(now: () => number = () => performance.now()): QueryTimes {
  let current: TimedQuery | undefined
  let previous: TimedQuery | undefined
  let periodStart = now()

  const turn = (): void => {
    const elapsed = now() - periodStart
    if (elapsed < PERIOD_MS) return
    previous = elapsed < 2 * PERIOD_MS ? current : undefined
    current = undefined
    periodStart = now()
  }

  return {
    record: (query) => {
      turn()
      if (current === undefined || query.durationMs > current.durationMs) current = query
    },
    slowest: () => {
      turn()
      if (current === undefined || previous === undefined) return current ?? previous
      return current.durationMs >= previous.durationMs ? current : previous
    },
  }
}
