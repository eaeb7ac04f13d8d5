import type { Database } from '../../database/database.ts'
import type { Instant } from '../../database/instant.ts'
import { readLatestOfEach } from '../latest.ts'
import { isSimulated, type StoredReading } from '../reading.ts'
import type { Extent } from './lookout.ts'
import { type Mailbox, openMailbox } from './mailbox.ts'
import { readPlantsWritten, readSnapshot, type Snapshot } from './snapshot.ts'

export interface LatestFeed extends AsyncDisposable {
  readonly subscriptions: number
  /**
   * The newest reading at once, then each newer one, or the one before it where it was deleted; of one plant, or
   * of every plant each its own (of simulated ones only while no real plant has a reading).
   */
  subscribe(request: LatestRequest): AsyncIterableIterator<StoredReading>
  /** Hands out what is new; answers whether transactions were under way at that moment. */
  look(extent: Extent): Promise<boolean>
}

export interface LatestRequest {
  plantId?: number
  minIntervalMs?: number
}

interface Subscriber {
  plantId: number | undefined
  mailbox: Mailbox<StoredReading>
  /** The time that was posted last, by plant. */
  posted: Map<number, Instant>
}

/**
 * Keeps the newest reading of each plant at hand while somebody follows. A look reads those plants again of which
 * the notes of writers tell, by whatever had not ended at the last one; it never waits for a long transaction.
 */
export function openLatestFeed(
  { reserved }: Pick<Database, 'reserved'>,
  { onSubscribed }: { onSubscribed: (extent: Extent) => void },
): LatestFeed {
  const subscribers = new Set<Subscriber>()
  /** Those that wait for what is current, because `newest` could not be trusted when they came. */
  const arriving = new Set<Subscriber>()
  const newest = new Map<number, StoredReading>()
  /** The moment of which `newest` is at least; undefined: it cannot be trusted. */
  let known: Snapshot | undefined

  const concerns = ({ plantId }: Subscriber, reading: StoredReading): boolean => {
    if (plantId !== undefined) return plantId === reading.plantId
    return !isSimulated(reading.plantId) || !newest.keys().some((id) => !isSimulated(id))
  }

  const post = (subscriber: Subscriber, reading: StoredReading): void => {
    if (!concerns(subscriber, reading)) return
    const { mailbox, posted } = subscriber
    if (posted.get(reading.plantId) === reading.timestamp) return
    posted.set(reading.plantId, reading.timestamp)
    mailbox.post(reading.plantId, reading)
  }

  const learn = (readings: readonly StoredReading[], asked: readonly number[]): void => {
    for (const plantId of asked) newest.delete(plantId)
    for (const reading of readings) newest.set(reading.plantId, reading)
    const silent = asked.filter((plantId) => !newest.has(plantId))
    for (const subscriber of subscribers) {
      for (const plantId of silent) subscriber.posted.delete(plantId)
      for (const reading of readings) post(subscriber, reading)
    }
  }

  const lookAtEverything = async (): Promise<Snapshot> => {
    const snapshot = await readSnapshot(reserved)
    learn(await readLatestOfEach(reserved), [...newest.keys()])
    arriving.clear()
    return snapshot
  }

  const lookAtWritten = async (since: Snapshot): Promise<Snapshot> => {
    const { snapshot, plantIds } = await readPlantsWritten(reserved, since)
    if (plantIds.length > 0) learn(await readLatestOfEach(reserved, plantIds), plantIds)
    return snapshot
  }

  return {
    get subscriptions() {
      return subscribers.size
    },
    subscribe: ({ plantId, minIntervalMs }) => {
      const mailbox = openMailbox<StoredReading>({
        ...(minIntervalMs === undefined ? {} : { minIntervalMs }),
        onClose: () => {
          subscribers.delete(subscriber)
          arriving.delete(subscriber)
        },
      })
      const subscriber: Subscriber = { plantId, mailbox, posted: new Map() }
      // Nobody has looked since the last one left.
      if (subscribers.size === 0) known = undefined
      subscribers.add(subscriber)
      if (known === undefined) arriving.add(subscriber)
      else for (const reading of newest.values()) post(subscriber, reading)
      onSubscribed(known === undefined ? 'anything' : 'written')
      return mailbox
    },
    look: async (extent) => {
      try {
        known =
          known === undefined || extent === 'anything'
            ? await lookAtEverything()
            : await lookAtWritten(known)
        return known.xmin < known.xmax
      } catch (error) {
        known = undefined
        for (const { mailbox } of arriving) mailbox.fail(error)
        throw error
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const { mailbox } of subscribers) await mailbox.return()
    },
  }
}
