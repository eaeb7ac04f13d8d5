import type { Database } from '../../database/database.ts'
import type { PullQueue } from '../../pull-queue.ts'
import { readChangedPlants } from '../changes/changed-plants.ts'
import { readSnapshot, type Snapshot } from '../changes/feed-state.ts'
import { readLatestOfEach } from '../latest.ts'
import { isSimulated, type StoredReading } from '../reading.ts'
import type { ChangeScope } from './change-poller.ts'
import { LatestValueQueue } from './latest-value-queue.ts'

export interface LatestFeed extends AsyncDisposable {
  readonly subscriptions: number
  /**
   * Sends the newest reading at once, then each newer one, or the previous one if the newest was deleted. Without
   * `plantId` that is the newest of each plant; simulated plants count only if no real plant has a reading.
   */
  subscribe(request: LatestRequest): PullQueue<StoredReading>
  /** Sends what is new. Returns whether transactions were running at that moment. */
  look(scope: ChangeScope): Promise<boolean>
}

export interface LatestRequest {
  plantId?: number
  minIntervalMs?: number
}

/** What one subscriber has yet to receive. */
class Subscription extends LatestValueQueue<StoredReading> {
  /** undefined: every plant. */
  readonly plantId: number | undefined
  readonly #leave: (subscription: Subscription) => void

  constructor(
    { plantId, minIntervalMs }: LatestRequest,
    leave: (subscription: Subscription) => void,
  ) {
    super(minIntervalMs)
    this.plantId = plantId
    this.#leave = leave
  }

  protected override release(): void {
    super.release()
    this.#leave(this)
  }
}

/**
 * Keeps the newest reading of each plant in memory while there are subscribers. It has these states:
 * - UNKNOWN (`known` is undefined): `newest` may be outdated. New subscribers wait in `arriving`. The next `look`
 *   reads every plant, sends what arrivals wait for, and leads to KNOWN.
 * - KNOWN (`known` is a snapshot): `newest` is at least as new as it. New subscribers receive their readings at once.
 *   `look` reads the plants that the notes name of transactions that had not ended in that snapshot, or every plant on
 *   request. It never waits for a long transaction.
 *
 * Goes back to UNKNOWN if a read fails, which ends the arrivals with the error, and if a subscriber comes after the
 * last one has left.
 */
export function openLatestFeed(
  { reserved }: Pick<Database, 'reserved'>,
  { onSubscribed }: { onSubscribed: (scope: ChangeScope) => void },
): LatestFeed {
  /** Subscribers that have received what is current, by plant. */
  const followers = new Map<number | undefined, Set<Subscription>>()
  /** Subscribers that came in the state UNKNOWN. */
  const arriving = new Set<Subscription>()
  const newest = new Map<number, StoredReading>()
  /** `newest` contains everything that this snapshot sees; undefined in the state UNKNOWN. */
  let known: Snapshot | undefined
  let subscriptions = 0

  const hasReal = (): boolean => newest.keys().some((plantId) => !isSimulated(plantId))

  /** Returns the readings that subscribers of every plant receive. */
  const ofEveryPlant = (readings: readonly StoredReading[]): readonly StoredReading[] =>
    hasReal() ? readings.filter(({ plantId }) => !isSimulated(plantId)) : readings

  const post = (plantId: number | undefined, readings: Iterable<StoredReading>): void => {
    for (const subscription of followers.get(plantId) ?? []) {
      for (const reading of readings) subscription.post(reading.plantId, reading)
    }
  }

  const join = (subscription: Subscription): void => {
    const { plantId } = subscription
    const current = plantId === undefined ? undefined : newest.get(plantId)
    followers.getOrInsertComputed(plantId, () => new Set()).add(subscription)
    if (plantId === undefined) {
      for (const reading of ofEveryPlant([...newest.values()])) {
        subscription.post(reading.plantId, reading)
      }
    } else if (current !== undefined) subscription.post(plantId, current)
  }

  const leave = (subscription: Subscription): void => {
    const { plantId } = subscription
    subscriptions -= 1
    arriving.delete(subscription)
    const those = followers.get(plantId)
    those?.delete(subscription)
    if (those?.size === 0) followers.delete(plantId)
  }

  const learn = (readings: readonly StoredReading[], asked: readonly number[]): void => {
    const before = new Map(asked.map((plantId) => [plantId, newest.get(plantId)?.timestamp]))
    const hadReal = hasReal()
    for (const plantId of asked) newest.delete(plantId)
    for (const reading of readings) newest.set(reading.plantId, reading)
    const changed = readings.filter(({ plantId, timestamp }) => before.get(plantId) !== timestamp)
    for (const reading of changed) post(reading.plantId, [reading])
    // Simulated plants appear once no real plant has a reading any more.
    post(undefined, hadReal && !hasReal() ? [...newest.values()] : ofEveryPlant(changed))
  }

  const readEveryPlant = async (): Promise<Snapshot> => {
    const snapshot = await readSnapshot(reserved)
    learn(await readLatestOfEach(reserved), [...newest.keys()])
    for (const subscription of arriving) join(subscription)
    arriving.clear()
    return snapshot
  }

  const readChanged = async (since: Snapshot): Promise<Snapshot> => {
    const { snapshot, plantIds, newest } = await readChangedPlants(reserved, since)
    // The database went back in time, such as by a failover to a standby that lacked commits, and assigns the same
    // transaction numbers again.
    if (snapshot.xmax < since.xmax) return await readEveryPlant()
    if (plantIds.length > 0) learn(newest, plantIds)
    return snapshot
  }

  return {
    get subscriptions() {
      return subscriptions
    },
    subscribe: (request) => {
      const subscription = new Subscription(request, leave)
      // Nothing was read since the last subscriber left.
      if (subscriptions === 0) known = undefined
      subscriptions += 1
      if (known === undefined) arriving.add(subscription)
      else join(subscription)
      onSubscribed(known === undefined ? 'all' : 'changed')
      return subscription
    },
    look: async (scope) => {
      try {
        known =
          known === undefined || scope === 'all' ? await readEveryPlant() : await readChanged(known)
        return known.xmin < known.xmax
      } catch (error) {
        known = undefined
        for (const subscription of arriving) subscription.fail(error)
        throw error
      }
    },
    [Symbol.asyncDispose]: async () => {
      for (const subscription of arriving) subscription.close()
      for (const those of followers.values()) for (const each of those) each.close()
    },
  }
}
