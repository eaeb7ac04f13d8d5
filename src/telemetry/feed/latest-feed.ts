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
   * The newest reading at once, then each newer one, or the one before it where it was deleted; of one plant, or
   * of every plant each its own (of simulated ones only while no real plant has a reading).
   */
  subscribe(request: LatestRequest): PullQueue<StoredReading>
  /** Hands out what is new; answers whether transactions were under way at that moment. */
  look(scope: ChangeScope): Promise<boolean>
}

export interface LatestRequest {
  plantId?: number
  minIntervalMs?: number
}

/** What one subscriber is owed. */
class Subscription extends LatestValueQueue<StoredReading> {
  /** undefined: of every plant. */
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
 * Keeps the newest reading of each plant at hand while somebody follows. A look reads those plants again of which
 * the notes of writers tell, by whatever had not ended at the last one; it never waits for a long transaction.
 */
export function openLatestFeed(
  { reserved }: Pick<Database, 'reserved'>,
  { onSubscribed }: { onSubscribed: (scope: ChangeScope) => void },
): LatestFeed {
  /** Those that were given what is current, by plant. */
  const followers = new Map<number | undefined, Set<Subscription>>()
  /** Those that wait for it, because `newest` could not be trusted when they came. */
  const arriving = new Set<Subscription>()
  const newest = new Map<number, StoredReading>()
  /** The moment of which `newest` is at least; undefined: it cannot be trusted. */
  let known: Snapshot | undefined
  let subscriptions = 0

  const hasReal = (): boolean => newest.keys().some((plantId) => !isSimulated(plantId))

  /** Of these, what they are sent who openFeedSubscriber every plant. */
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
    // Simulated plants appear once the last real one is gone.
    post(undefined, hadReal && !hasReal() ? [...newest.values()] : ofEveryPlant(changed))
  }

  const lookAtEverything = async (): Promise<Snapshot> => {
    const snapshot = await readSnapshot(reserved)
    learn(await readLatestOfEach(reserved), [...newest.keys()])
    for (const subscription of arriving) join(subscription)
    arriving.clear()
    return snapshot
  }

  const lookAtWritten = async (since: Snapshot): Promise<Snapshot> => {
    const { snapshot, plantIds, newest } = await readChangedPlants(reserved, since)
    // It went back to a time before, as where a standby took over: what is written now has numbers of then.
    if (snapshot.xmax < since.xmax) return await lookAtEverything()
    if (plantIds.length > 0) learn(newest, plantIds)
    return snapshot
  }

  return {
    get subscriptions() {
      return subscriptions
    },
    subscribe: (request) => {
      const subscription = new Subscription(request, leave)
      // Nobody has looked since the last one left.
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
          known === undefined || scope === 'all'
            ? await lookAtEverything()
            : await lookAtWritten(known)
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
