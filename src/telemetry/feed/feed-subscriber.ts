import { setTimeout as sleep } from 'node:timers/promises'
import { toDatabaseFault } from '../../database/faults.ts'
import type { Fault } from '../../fault.ts'
import { type FeedState, hadEnded } from '../changes/feed-state.ts'
import { comparePositions, type FedReading, type Position } from '../changes/position.ts'
import { type LogPage, type LogRange, READINGS_A_PAGE } from '../changes/read-log.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { requireKnown } from './feed-cursor.ts'
import type { LiveTail, Member } from './live-tail.ts'

/** At most so many readings wait for the reader. What follows is read again after the reader has taken some. */
const MOST_WAITING_READINGS = 2 * READINGS_A_PAGE
/** Delay after a failed read, of which the reader is not told. */
const RETRY_MS = 1000

export interface FeedSubscriberOptions extends BatchOptions {
  /** The reading after which to begin, or the state of the feed from which on commits count. */
  readonly from: Position | FeedState
  readonly generation: string
  readonly tail: LiveTail
  /** Reads for this subscriber alone. */
  read(after: Position, range: LogRange): Promise<LogPage>
  onTrouble(error: unknown): void
  onClose(): void
}

/**
 * One subscriber of the feed. It has these states:
 * - CATCHING_UP: the first state. Reads the log page by page on its own, as fast as the reader takes the batches. Goes
 *   to TAILING when there is no further page. Retries a failed read after RETRY_MS if the database may recover.
 * - TAILING: receives each page that the tail reads for all subscribers. Goes back to CATCHING_UP if the queue is
 *   full, or if the tail is already ahead. So a client that does not read costs next to nothing.
 * - CLOSED: final. Entered if the reader leaves, or if an error ends the queue, such as CURSOR_EXPIRED.
 */
export function openFeedSubscriber(options: FeedSubscriberOptions): BoundedQueue<Batch> {
  const { from, generation, tail, read, maxBatch } = options
  const since = 'snapshot' in from ? from : undefined
  const plantIds = options.plantId === undefined ? undefined : [options.plantId]
  const closing = new AbortController()
  const queue = new BoundedQueue<Batch>({
    size: Math.ceil(MOST_WAITING_READINGS / maxBatch),
    onClose: () => {
      closing.abort()
      options.onClose()
    },
  })

  /**
   * Returns the batches of a page that come after a position. For most subscribers that is the whole page, and they
   * share its batches.
   */
  const batchesAfter = (page: LogPage, position: Position): readonly Batch[] => {
    const [first] = page.readings
    if (first === undefined) return []
    const overlaps = comparePositions(first, position) <= 0
    const mixed = since !== undefined && first.txid < since.snapshot.xmax
    if (!overlaps && !mixed) return sharedBatches(page, options)
    const readings = page.readings.filter(
      (reading) =>
        comparePositions(reading, position) > 0 &&
        !(since !== undefined && wasCommitted(since, reading)),
    )
    return batchesOf(page, options, readings)
  }

  const readPage = async (position: Position, limit: number): Promise<LogPage | undefined> => {
    while (queue.isOpen) {
      try {
        const page = await read(position, { plantIds, limit })
        requireKnown(position, generation, page.state)
        return page
      } catch (error) {
        const fault = toDatabaseFault(error)
        if (fault === undefined || !isTransient(fault)) throw error
        options.onTrouble(error)
        await sleep(RETRY_MS, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
    return undefined
  }

  /**
   * CATCHING_UP: reads until there is no further page. Returns the position after which to tail; undefined if closed.
   */
  const catchUp = async (from: Position): Promise<Position | undefined> => {
    let position = from
    // Small at first, so that many who reconnect at once and do not read hold little.
    let limit = Math.min(maxBatch, READINGS_A_PAGE)
    await queue.shrunk(0)
    for (;;) {
      const page = await readPage(position, limit)
      if (page === undefined) return undefined
      const batches = batchesAfter(page, position)
      queue.fill(batches)
      position = page.end
      if (!page.more) return position
      // The next page is read while this one is sent. If nothing of it is taken, no more is read.
      await queue.shrunk(Math.max(0, batches.length - 1))
      limit = Math.min(2 * limit, READINGS_A_PAGE)
    }
  }

  /**
   * TAILING: receives pages until the queue is full or closed. Returns the position after which to catch up, which is
   * `from` itself if the tail is already ahead of it.
   */
  const followTail = async (from: Position): Promise<Position> => {
    const over = Promise.withResolvers<void>()
    let position = from
    const member: Member = {
      plantId: options.plantId,
      get position() {
        return position
      },
      receive: (page) => {
        try {
          // The tail read the state for its own position, which all its members share.
          requireKnown(position, generation, page.state)
        } catch (error) {
          return over.reject(error)
        }
        for (const batch of batchesAfter(page, position)) {
          if (!queue.push(batch)) return over.resolve()
          position = batch.readings.at(-1) ?? position
        }
        // The tail may be behind what this subscriber has already read.
        if (comparePositions(page.end, position) > 0) position = page.end
      },
    }
    const stop = () => over.resolve()
    closing.signal.addEventListener('abort', stop)
    try {
      if (queue.isOpen && (await tail.join(member)) && queue.isOpen) await over.promise
    } finally {
      tail.leave(member)
      closing.signal.removeEventListener('abort', stop)
    }
    return position
  }

  const run = async (): Promise<void> => {
    let position: Position | undefined = 'snapshot' in from ? from.end : from
    while (position !== undefined && queue.isOpen) {
      position = await catchUp(position)
      if (position !== undefined) position = await followTail(position)
    }
  }
  run().catch((error: unknown) => queue.fail(error))
  return queue
}

/**
 * Whether a reading had been committed at that moment. The transaction number alone does not tell: after a crash it
 * may be assigned again.
 */
function wasCommitted({ snapshot, readAt }: FeedState, { txid, notedAt }: FedReading): boolean {
  return hadEnded(snapshot, txid) && notedAt <= readAt
}

/** Whether retrying may help. */
function isTransient({ code }: Fault): boolean {
  return (
    code === 'DATABASE_UNAVAILABLE' ||
    code === 'DATABASE_ERROR' ||
    code === 'BUSY' ||
    code === 'QUERY_TIMEOUT'
  )
}

/** What is sent at once: one object for all subscribers who receive the same readings. */
export interface Batch {
  readonly generation: string
  readonly readings: readonly FedReading[]
}

/** The plant, undefined for all plants, and the largest number of readings at once. */
export interface BatchOptions {
  readonly plantId: number | undefined
  readonly maxBatch: number
}

/** The batches that a page was cut into, by plant and size: subscribers with the same options share them. */
const batchesByPage = new WeakMap<LogPage, Map<string, readonly Batch[]>>()

export function sharedBatches(page: LogPage, cut: BatchOptions): readonly Batch[] {
  const known = batchesByPage.getOrInsertComputed(page, () => new Map())
  return known.getOrInsertComputed(`${cut.plantId} ${cut.maxBatch}`, () =>
    batchesOf(page, cut, page.readings),
  )
}

export function batchesOf(
  { state: { generation } }: LogPage,
  { plantId, maxBatch }: BatchOptions,
  all: readonly FedReading[],
): readonly Batch[] {
  const readings =
    plantId === undefined ? all : all.filter((reading) => reading.plantId === plantId)
  const batches: Batch[] = []
  for (let start = 0; start < readings.length; start += maxBatch) {
    batches.push({ generation, readings: readings.slice(start, start + maxBatch) })
  }
  return batches
}
