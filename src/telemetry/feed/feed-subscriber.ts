import { setTimeout as sleep } from 'node:timers/promises'
import { toDatabaseFault } from '../../database/faults.ts'
import type { Fault } from '../../fault.ts'
import { type FeedState, hadEnded } from '../changes/feed-state.ts'
import { comparePositions, type FedReading, type Position } from '../changes/position.ts'
import { type LogPage, type LogRange, READINGS_A_PAGE } from '../changes/read-log.ts'
import { BoundedQueue } from './bounded-queue.ts'
import { requireKnown } from './feed-cursor.ts'
import type { LiveTail, Member } from './live-tail.ts'

/** Of what is handed out so much may wait for the reader: what follows is read again once it is taken. */
const READINGS_IN_WINDOW = 2 * READINGS_A_PAGE
/** After a failure to read, which the reader is not told of. */
const RETRY_MS = 1000

export interface FeedSubscriberOptions extends BatchOptions {
  /** After which reading to begin; or the moment from which on commits count. */
  readonly from: Position | FeedState
  readonly generation: string
  readonly tail: LiveTail
  /** Reads on by itself. */
  read(after: Position, range: LogRange): Promise<LogPage>
  onTrouble(error: unknown): void
  onClose(): void
}

/**
 * One subscriber of the feed. Reads on by itself until it has all there is, then joins those who are handed each
 * new page; reads by itself again when its window is full, so that who does not read costs next to nothing.
 */
export function openFeedSubscriber(options: FeedSubscriberOptions): BoundedQueue<Batch> {
  const { from, generation, tail, read, maxBatch } = options
  const since = 'snapshot' in from ? from : undefined
  const plantIds = options.plantId === undefined ? undefined : [options.plantId]
  const closing = new AbortController()
  const window = new BoundedQueue<Batch>({
    size: Math.ceil(READINGS_IN_WINDOW / maxBatch),
    onClose: () => {
      closing.abort()
      options.onClose()
    },
  })

  /** What of a page comes after a position: all of it for most followers, who then share it. */
  const newOf = (page: LogPage, position: Position): readonly Batch[] => {
    const [first] = page.readings
    if (first === undefined) return []
    const overlaps = comparePositions(first, position) <= 0
    const mixed = since !== undefined && first.txid < since.snapshot.xmax
    if (!overlaps && !mixed) return sharedBatches(page, options)
    const readings = page.readings.filter(
      (reading) =>
        comparePositions(reading, position) > 0 &&
        !(since !== undefined && wasThere(since, reading)),
    )
    return batchesOf(page, options, readings)
  }

  const readPage = async (position: Position, limit: number): Promise<LogPage | undefined> => {
    while (window.isOpen) {
      try {
        const page = await read(position, { plantIds, limit })
        requireKnown(position, generation, page.state)
        return page
      } catch (error) {
        const fault = toDatabaseFault(error)
        if (fault === undefined || !passes(fault)) throw error
        options.onTrouble(error)
        await sleep(RETRY_MS, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
    return undefined
  }

  /** Reads on until there is no more. Answers from where the tail has to go on; undefined when closed. */
  const catchUp = async (from: Position): Promise<Position | undefined> => {
    let position = from
    // Small at first, so that many who come back at once and do not read hold little.
    let limit = Math.min(maxBatch, READINGS_A_PAGE)
    await window.shrunk(0)
    for (;;) {
      const page = await readPage(position, limit)
      if (page === undefined) return undefined
      const batches = newOf(page, position)
      window.fill(batches)
      position = page.end
      if (!page.more) return position
      // The next page is read while this one is sent; while none of it is, nothing more is held.
      await window.shrunk(Math.max(0, batches.length - 1))
      limit = Math.min(2 * limit, READINGS_A_PAGE)
    }
  }

  /**
   * Is handed each page as it comes, until the window is full or closed. Answers from where to read on; the same
   * position where the tail is ahead of it.
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
          // What the tail asked about is the position of all who openFeedSubscriber it.
          requireKnown(position, generation, page.state)
        } catch (error) {
          return over.reject(error)
        }
        for (const batch of newOf(page, position)) {
          if (!window.push(batch)) return over.resolve()
          position = batch.readings.at(-1) ?? position
        }
        // The tail may be behind what this one read by itself.
        if (comparePositions(page.end, position) > 0) position = page.end
      },
    }
    const stop = () => over.resolve()
    closing.signal.addEventListener('abort', stop)
    try {
      if (window.isOpen && (await tail.join(member)) && window.isOpen) await over.promise
    } finally {
      tail.leave(member)
      closing.signal.removeEventListener('abort', stop)
    }
    return position
  }

  const run = async (): Promise<void> => {
    let position: Position | undefined = 'snapshot' in from ? from.end : from
    while (position !== undefined && window.isOpen) {
      position = await catchUp(position)
      if (position !== undefined) position = await followTail(position)
    }
  }
  run().catch((error: unknown) => window.fail(error))
  return window
}

/** Whether a reading was committed before that moment; the number alone may be one that a crash gave out again. */
function wasThere({ snapshot, readAt }: FeedState, { txid, notedAt }: FedReading): boolean {
  return hadEnded(snapshot, txid) && notedAt <= readAt
}

/** Whether it is worth trying again what failed so. */
function passes({ code }: Fault): boolean {
  return (
    code === 'DATABASE_UNAVAILABLE' ||
    code === 'DATABASE_ERROR' ||
    code === 'BUSY' ||
    code === 'QUERY_TIMEOUT'
  )
}

/** What is sent at once: the same object to everybody who is sent the same, in the life of the database it is from. */
export interface Batch {
  readonly generation: string
  readonly readings: readonly FedReading[]
}

/** Of which plant, undefined for all, and how many readings at most at once. */
export interface BatchOptions {
  readonly plantId: number | undefined
  readonly maxBatch: number
}

/** Pages as they are sent, by cut: made once however many there are who openFeedSubscriber. */
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
