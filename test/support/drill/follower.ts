import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { FollowNewest } from './operations.ts'

/** A subscriber to the newest reading of one plant, which comes back whenever it is cut off. */
export interface Follower extends AsyncDisposable {
  /** Resolves when a reading of this time, in milliseconds, or a newer one has arrived. */
  reached(time: number): Promise<void>
  /** Rejects when a subscription repeats a reading, or goes back to an older one. */
  readonly failed: Promise<never>
}

const RETRY_MS = 20

export function follow(url: string, plantId: number): Follower {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    retryAttempts: 0,
  })
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => {})
  const waiting = new Set<{ time: number; resolve: () => void }>()
  let newest = 0
  let leaving = false

  const receive = (timestamp: string, isFirst: boolean): void => {
    const time = Date.parse(timestamp)
    // A new subscription begins with the newest reading, which may be the one that arrived last.
    if (isFirst ? time < newest : time <= newest) {
      const what = `${timestamp} after ${new Date(newest).toISOString()}`
      failed.reject(new Error(`A subscriber to plant ${plantId} received ${what}`))
    }
    newest = Math.max(newest, time)
    for (const wait of waiting) {
      if (wait.time > newest) continue
      waiting.delete(wait)
      wait.resolve()
    }
  }

  const keep = async (): Promise<void> => {
    while (!leaving) {
      let isFirst = true
      try {
        const answers = client.iterate<{ latestEnergy: { timestamp: string } }>({
          query: String(FollowNewest),
          variables: { plantId },
        })
        for await (const { data } of answers) {
          if (data == null) break
          receive(data.latestEnergy.timestamp, isFirst)
          isFirst = false
        }
      } catch {
        // The connection broke, or the database cannot be reached.
      }
      if (!leaving) await sleep(RETRY_MS)
    }
  }
  const keeping = keep()

  return {
    failed: failed.promise,
    reached: (time) =>
      new Promise((resolve) => {
        if (time <= newest) resolve()
        else waiting.add({ time, resolve })
      }),
    [Symbol.asyncDispose]: async () => {
      leaving = true
      await client.dispose()
      await keeping
    },
  }
}
