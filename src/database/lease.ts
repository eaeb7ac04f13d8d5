import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { cancelStatement } from './cancel-statement.ts'
import type { Client } from './client.ts'
import type { Operation } from './work.ts'

/** It may have come while nothing ran: between two statements, or before one had arrived. */
const CANCEL_AGAIN_MS = 500

export interface LeaseOptions {
  /** Whose the lease is: when its time is over, what runs on the connection is cancelled. */
  operation: Operation | undefined
  /** The connection is back in its pool, or was closed. */
  onEnd(): void
}

/**
 * Lends a connection of a pool until it is released. It goes back to the pool only when every cancellation that is
 * under way has had its effect, so that none hits whoever is lent it next; where that is not certain it is closed.
 */
export function lease(client: pg.PoolClient & Client, { operation, onEnd }: LeaseOptions): void {
  const giveBack = client.release
  let cancelling: Cancelling | undefined
  const deadline = operation?.cancels
    ? operation.onOver(() => {
        cancelling = cancelAgainAndAgain(client)
      })
    : undefined
  const end = (fault?: Error | boolean): void => {
    giveBack(fault)
    onEnd()
  }
  client.release = (fault) => {
    deadline?.[Symbol.dispose]()
    if (cancelling === undefined) end(fault)
    else cancelling.end().then(() => end(fault), end)
  }
}

interface Cancelling {
  /** Cancels no more. Resolves when nothing is under way, and rejects where that is not certain. */
  end(): Promise<void>
}

function cancelAgainAndAgain(client: Client): Cancelling {
  const ending = new AbortController()
  const { signal } = ending
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await cancelStatement(client)
      await sleep(CANCEL_AGAIN_MS, undefined, { signal, ref: false }).catch(() => {})
    }
  }
  const ended = run()
  // Told when it ends, which may be later.
  ended.catch(() => {})
  return {
    end: () => {
      ending.abort()
      return ended
    },
  }
}
