import { coalesceReads, joinRunning } from '../../database/coalesce.ts'
import type { Database } from '../../database/database.ts'
import { Fault } from '../../fault.ts'
import type { Logger } from '../../log.ts'
import type { PullQueue } from '../../pull-queue.ts'
import { readFeedState } from '../changes/feed-state.ts'
import { readGeneration } from '../changes/generation.ts'
import type { Position } from '../changes/position.ts'
import { type LogRange, readLog } from '../changes/read-log.ts'
import type { BoundedQueue } from './bounded-queue.ts'
import { encodeFeedCursor, positionAfter } from './feed-cursor.ts'
import { type Batch, type BatchOptions, openFeedSubscriber } from './feed-subscriber.ts'
import { openLiveTail } from './live-tail.ts'

export interface ReadingFeed extends AsyncDisposable {
  readonly subscriptions: number
  /**
   * Sends every reading exactly once, in one order of commits, from just after the cursor, or from now on without one.
   * Throws INVALID_CURSOR or CURSOR_EXPIRED. Ends with SLOW_CLIENT if readings wait too long for the reader, and with
   * CURSOR_EXPIRED if what follows is no longer known.
   */
  subscribe(request: ReadingFeedRequest): Promise<PullQueue<Batch>>
  /**
   * Returns a cursor of now. Of what is committed from now on, a subscription after it misses nothing. What was
   * committed just before may come, too, while other transactions run.
   */
  cursor(): Promise<string>
  /** Sends what is new. Returns whether transactions were running that may add to it. Calls must not overlap. */
  look(): Promise<boolean>
  /** To be called if the database may have been replaced, such as after a reconnect. */
  forgetGeneration(): void
}

export interface ReadingFeedRequest extends BatchOptions {
  readonly after: string | undefined
}

export interface ReadingFeedOptions {
  /** Milliseconds that readings may wait for the reader. */
  slowClientTimeout: number
  onSubscribed: () => void
  log: Logger
}

const LOOK_FOR_SLOW_MS = 1000

export function openReadingFeed(
  database: Pick<Database, 'kysely' | 'reserved'>,
  { slowClientTimeout, onSubscribed, log }: ReadingFeedOptions,
): ReadingFeed {
  const queues = new Set<BoundedQueue<Batch>>()
  let generation: Promise<string> | undefined
  const tail = openLiveTail((after, range) => readLog(database.reserved, after, range))
  /** Of those who resume at once from the same cursor, one reads for all. */
  const readingOn = joinRunning((after: Position, range: LogRange) =>
    readLog(database.kysely, after, range),
  )
  const resuming = joinRunning((cursor: string) => positionAfter(database.kysely, cursor))
  const looking = coalesceReads(() => readFeedState(database.reserved))

  const findGeneration = async (): Promise<string> => {
    generation ??= readGeneration(database.reserved)
    try {
      return await generation
    } catch (error) {
      generation = undefined
      throw error
    }
  }

  const endSlow = setInterval(() => {
    const now = performance.now()
    for (const queue of queues) {
      if (queue.waitingSince === undefined) continue
      if (now - queue.waitingSince < slowClientTimeout) continue
      queue.fail(
        new Fault(
          'SLOW_CLIENT',
          `Readings waited longer than SLOW_CLIENT_TIMEOUT (${slowClientTimeout / 1000} s) for the client: subscribe again with after`,
        ),
      )
    }
  }, LOOK_FOR_SLOW_MS)

  return {
    get subscriptions() {
      return queues.size
    },
    subscribe: async ({ after, plantId, maxBatch }) => {
      const generation = await findGeneration()
      const from = await (after === undefined ? looking() : resuming(after))
      const queue: BoundedQueue<Batch> = openFeedSubscriber({
        plantId,
        maxBatch,
        from,
        generation,
        tail,
        read: readingOn,
        onTrouble: (error) => log.debug({ err: error }, 'The feed could not be read; retrying'),
        onClose: () => queues.delete(queue),
      })
      queues.add(queue)
      onSubscribed()
      return queue
    },
    cursor: async () => {
      const generation = await findGeneration()
      return encodeFeedCursor((await looking()).end, generation)
    },
    look: async () => {
      await findGeneration()
      return await tail.look()
    },
    forgetGeneration: () => {
      generation = undefined
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(endSlow)
      for (const queue of queues) queue.close()
    },
  }
}
