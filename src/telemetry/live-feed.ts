import type { Database } from '../database/database.ts'
import type { Instant } from '../database/instant.ts'
import type { Logger } from '../log.ts'
import { ANNOUNCEMENTS, parseAnnouncement } from './announcement.ts'
import { readLatestOfEach } from './latest.ts'
import { type Mailbox, openMailbox } from './mailbox.ts'
import { isSimulated, type StoredReading } from './reading.ts'

export interface LiveFeed extends AsyncDisposable {
  /** Whether commits are heard of at this moment. */
  readonly listening: boolean
  readonly subscriptions: number
  /**
   * The newest reading at once, then each newer one, or the one before it where it was deleted; of one plant, or
   * of every plant each its own (of simulated ones only while no real plant has a reading).
   */
  subscribe(options: {
    plantId?: number
    minIntervalMs?: number
  }): AsyncIterableIterator<StoredReading>
}

interface Subscriber {
  plantId: number | undefined
  mailbox: Mailbox<StoredReading>
  /** The time that was posted last, by plant. */
  posted: Map<number, Instant>
}

/** What is not announced (the notification queue was full) is found by reading again this often. */
const RESYNC_MS = 30_000

/**
 * Follows the announcements of the database: however many plants and subscribers there are, a burst of commits
 * costs one read of the newest readings. After each (re)connection everything is read again, so that what was
 * written meanwhile arrives too.
 */
export function openLiveFeed(database: Database, log: Logger): LiveFeed {
  const subscribers = new Set<Subscriber>()
  /** Those that wait for what is current, because `newest` could not be trusted when they came. */
  const arriving = new Set<Subscriber>()
  const newest = new Map<number, StoredReading>()
  let unread: Set<number> | 'all' = new Set()
  let reading: Promise<void> | undefined
  /** Whether `newest` is what the database holds, up to announcements still to come. */
  let synced = false

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

  const readUnread = async (): Promise<void> => {
    while (unread === 'all' || unread.size > 0) {
      const plantIds = unread === 'all' ? undefined : [...unread]
      unread = new Set()
      try {
        const readings = await readLatestOfEach(database.reserved, plantIds)
        learn(readings, plantIds ?? [...newest.keys()])
        if (plantIds === undefined) {
          synced = listener.listening
          arriving.clear()
        }
      } catch (error) {
        // Before the first migration there is no table; when the database went away, the listener comes back
        // to everything. Either way the next announcement or resync reads again.
        synced = false
        unread = new Set()
        for (const { mailbox } of arriving) mailbox.fail(error)
        log.debug({ err: error }, 'The newest readings could not be read')
      }
    }
  }

  const read = (plants: Set<number> | 'all'): void => {
    unread = plants === 'all' || unread === 'all' ? 'all' : unread.union(plants)
    reading ??= readUnread().finally(() => {
      reading = undefined
    })
  }

  const resync = setInterval(() => {
    if (subscribers.size > 0) read('all')
  }, RESYNC_MS)

  const listener = database.listen(ANNOUNCEMENTS, {
    onListening: () => read('all'),
    onLost: (cause) => {
      synced = false
      log.warn(
        { err: cause },
        'The live feed lost its connection to the database; connecting again',
      )
    },
    onNotification: (payload) => {
      const announced = parseAnnouncement(payload)
      if (announced === undefined || !synced) return read('all')
      const newer = [...announced].filter(([plantId, timestamp]) => {
        const known = newest.get(plantId)
        // Of the same time: it may have been corrected.
        return known === undefined || known.timestamp <= timestamp
      })
      if (newer.length > 0) read(new Set(newer.map(([plantId]) => plantId)))
    },
  })

  return {
    get listening() {
      return listener.listening
    },
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
      subscribers.add(subscriber)
      if (synced) {
        for (const reading of newest.values()) post(subscriber, reading)
      } else {
        arriving.add(subscriber)
        read('all')
      }
      return mailbox
    },
    [Symbol.asyncDispose]: async () => {
      clearInterval(resync)
      for (const { mailbox } of subscribers) await mailbox.return()
      await listener[Symbol.asyncDispose]()
      await reading
    },
  }
}
