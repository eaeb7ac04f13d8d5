import { setTimeout as sleep } from 'node:timers/promises'

/** Does long work piece by piece, so that others get on with theirs. */
export interface Pace {
  /** Does a piece, and rests as long as it took. */
  take<Result>(piece: () => Promise<Result>): Promise<Result>
  /** Why no other piece should be begun; undefined while one may. */
  readonly over: string | undefined
}

const LONGEST_REST_MS = 5000

/** `budgetMs` is what all pieces and rests may take; a piece that was begun is ended. */
export function createPace(budgetMs: number, signal?: AbortSignal): Pace {
  const started = performance.now()
  return {
    take: async (piece) => {
      const begin = performance.now()
      const result = await piece()
      const rest = Math.min(performance.now() - begin, LONGEST_REST_MS)
      await sleep(rest, undefined, signal && { signal }).catch(() => {})
      return result
    },
    get over() {
      if (signal?.aborted) return 'it was interrupted'
      return performance.now() - started > budgetMs ? 'it took long enough for once' : undefined
    },
  }
}
