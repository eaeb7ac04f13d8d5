import { createClient } from 'graphql-ws'
import { followReadings } from '../../../examples/follow-readings.ts'

/** A subscriber to every reading of a plant, which comes back by itself and goes on from its cursor. */
export interface Follower extends AsyncDisposable {
  readonly plantId: number
  /** The times of the readings that came, in the order in which they did. */
  readonly received: readonly string[]
  /** Milliseconds from each loss of its connection until readings came again. */
  readonly away: readonly number[]
  /** Resolves with the milliseconds from the first attempt until the server took the connection. */
  readonly connected: Promise<number>
  /** Rejects if the subscription ended for good. */
  readonly failed: Promise<never>
}

const RETRY_MS = 50
const LONGEST_WAIT_MS = 1000

export function follow(url: string, token: string, plantId: number): Follower {
  const received: string[] = []
  const away: number[] = []
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const connected = Promise.withResolvers<number>()
  const startedAt = performance.now()
  let lostAt: number | undefined
  let isLeaving = false
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    // Not all at once: each waits for a time of its own.
    retryWait: (retries) => {
      const most = Math.min(RETRY_MS * 2 ** retries, LONGEST_WAIT_MS)
      return new Promise((resolve) => setTimeout(resolve, most * (0.5 + Math.random() / 2)))
    },
    on: {
      connected: () => connected.resolve(performance.now() - startedAt),
      closed: () => {
        if (!isLeaving) lostAt ??= performance.now()
      },
    },
  })
  const stop = followReadings(
    client,
    { plantId },
    {
      onReadings: (edges) => {
        if (lostAt !== undefined) away.push(performance.now() - lostAt)
        lostAt = undefined
        received.push(...edges.map(({ node }) => node.timestamp))
      },
      onEnd: (reason) => failed.reject(new Error('A subscription ended', { cause: reason })),
    },
  )
  return {
    plantId,
    received,
    away,
    connected: connected.promise,
    failed: failed.promise,
    [Symbol.asyncDispose]: async () => {
      isLeaving = true
      stop()
      await client.dispose()
    },
  }
}
