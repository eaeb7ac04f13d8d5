import { type Api, ApiError } from './api.ts'
import {
  LiveDocument,
  type LiveSubscription,
  PlantsDocument,
  type PlantsQuery,
  type ReadingFragment,
} from './generated/graphql.ts'
import { RETRY_AFTER } from './shown-query.ts'

export type PlantReading = ReadingFragment
type ListedPlant = PlantsQuery['plants'][number]

/** A plant and its newest reading. */
export interface PlantNow extends ListedPlant {
  readonly reading: PlantReading | undefined
  /** Milliseconds since the reading was measured, by the server's clock. */
  readonly age: number | undefined
}

/** Plants come and fall silent without an event, so they are listed again. A server that is slower is not live. */
const LIST_EVERY = 15_000
/** Milliseconds between two changes that are shown: with thousands of plants, to show one takes a while. */
const SHOWN_EVERY = 200
/** How many plants are asked for at a time; the server gives at most 1000. */
const PAGE_SIZE = 1000

interface Told {
  readonly reading: PlantReading
  /** By this browser's clock. */
  readonly receivedAt: number
  /** The number of the push, or of the question, that it comes from. */
  readonly order: number
}

/**
 * Every plant with its newest reading, which the server pushes for the picked one and for all, and lists besides for
 * those that it does not push. Emits `change`.
 */
export class Plants extends EventTarget {
  /** undefined until the server has listed them. */
  #list: readonly ListedPlant[] | undefined
  /** Why the server did not list them last time; undefined if it did, or if there is no connection. */
  error: ApiError | undefined
  /** Whether the server lists them, on the present connection: what is from before it may be long over. */
  isCurrent = false
  /** Numbers what is asked and pushed. */
  #order = 0
  /** Ends the listing that is under way; undefined if none is. */
  #listing: AbortController | undefined
  /** When it began, or the last one did, by `performance.now()`. */
  #listedAt = 0
  /** Whether something has changed since the listing began that is under way. */
  #isOutdated = false
  #retry: ReturnType<typeof setTimeout> | undefined
  /** Waits to emit `change`. */
  #showing: ReturnType<typeof setTimeout> | undefined
  /** When a pushed reading was shown, by `performance.now()`. */
  #shownAt = Number.NEGATIVE_INFINITY
  #newest = new Map<number, Told>()
  #api: Api
  #clockAhead = 0
  #picked: { plantId: number; stop: () => void } | undefined

  constructor(api: Api) {
    super()
    this.#api = api
    api.addEventListener('change', () => {
      if (api.state === 'open') return
      this.isCurrent = false
      this.error = undefined
    })
    api.addEventListener('open', () => {
      this.#listing?.abort()
      void this.#listPlants()
    })
    setInterval(this.#listOnTime, LIST_EVERY)
    api.follow(LiveDocument, {}, this.#receive)
  }

  /** In the order of the server, simulated ones last. */
  get all(): readonly PlantNow[] | undefined {
    return this.#list
      ?.toSorted((one, other) => Number(one.isSimulated) - Number(other.isSimulated))
      .map((plant) => this.#now(plant))
  }

  /** Milliseconds since 1970 by the server's clock: that of this browser may be wrong. */
  get serverTime(): number {
    return Date.now() + this.#clockAhead
  }

  /** The readings of this plant are pushed from now on, even if it is simulated and others are not. */
  pick(plantId: number): void {
    if (this.#picked?.plantId === plantId) return
    this.#picked?.stop()
    this.#picked = { plantId, stop: this.#api.follow(LiveDocument, { plantId }, this.#receive) }
  }

  /** Lists them again, such as after something was done that may change them. */
  readonly list = (): void => {
    if (this.#listing === undefined) void this.#listPlants()
    else this.#isOutdated = true
  }

  readonly #listOnTime = (): void => {
    if (this.#api.state !== 'open' || document.visibilityState !== 'visible') return
    if (this.#listing === undefined) {
      this.list()
    } else if (this.isCurrent && performance.now() - this.#listedAt >= LIST_EVERY) {
      this.isCurrent = false
      this.dispatchEvent(new Event('change'))
    }
  }

  async #listPlants(): Promise<void> {
    const listing = new AbortController()
    this.#listing = listing
    this.#listedAt = performance.now()
    this.#isOutdated = false
    clearTimeout(this.#retry)
    const order = ++this.#order
    try {
      const plants = await this.#askAll(listing.signal)
      if (listing.signal.aborted) return
      this.#list = plants
      this.isCurrent = this.#api.state === 'open'
      this.error = undefined
      for (const { plantId, latest } of plants) this.#takeListed(plantId, latest, order)
    } catch (error) {
      if (listing.signal.aborted) return
      const isOfServer = error instanceof ApiError && error.code !== 'CONNECTION_CLOSED'
      this.error = isOfServer ? error : undefined
      this.isCurrent = false
      this.#isOutdated = false
      this.#retry = setTimeout(this.#listOnTime, RETRY_AFTER)
    }
    this.#listing = undefined
    this.dispatchEvent(new Event('change'))
    if (this.#isOutdated) this.list()
  }

  /** In pages: the newest readings of many thousands are more than the server gives in one answer. */
  async #askAll(signal: AbortSignal): Promise<ListedPlant[]> {
    const all: ListedPlant[] = []
    for (;;) {
      const after = all.at(-1)?.plantId
      const { plants } = await this.#api.ask(PlantsDocument, { first: PAGE_SIZE, after }, signal)
      all.push(...plants)
      if (plants.length < PAGE_SIZE) return all
    }
  }

  /** What was pushed since the list was asked for is newer, whatever its time: clocks can be put back. */
  #takeListed(plantId: number, reading: PlantReading | null, order: number): void {
    if ((this.#newest.get(plantId)?.order ?? 0) > order) return
    if (reading === null) this.#newest.delete(plantId)
    else this.#take(reading, order)
  }

  #take(reading: PlantReading, order: number): void {
    const receivedAt = Date.now()
    this.#clockAhead = Date.parse(reading.timestamp) + reading.ageSeconds * 1000 - receivedAt
    this.#newest.set(reading.plantId, { reading, receivedAt, order })
  }

  /**
   * Takes what was pushed. The list is out of date if the plant is new, or no longer silent. One whose readings always
   * come late stays silent, so only a much younger reading counts.
   */
  readonly #receive = ({ latestEnergy: reading }: LiveSubscription): void => {
    const { plantId } = reading
    const listed = this.#list?.find((plant) => plant.plantId === plantId)
    const age = this.#newest.get(plantId)?.reading.ageSeconds ?? Number.POSITIVE_INFINITY
    this.#take(reading, ++this.#order)
    this.#showSoon()
    if (this.#list === undefined || listed?.isStale === false) return
    if (listed === undefined || reading.ageSeconds < age / 2) this.list()
  }

  /** Emits `change` at once, or soon if that was done a moment ago. */
  #showSoon(): void {
    if (this.#showing !== undefined) return
    const wait = this.#shownAt + SHOWN_EVERY - performance.now()
    const show = () => {
      this.#showing = undefined
      this.#shownAt = performance.now()
      this.dispatchEvent(new Event('change'))
    }
    if (wait <= 0) show()
    else this.#showing = setTimeout(show, wait)
  }

  #now(plant: ListedPlant): PlantNow {
    const told = this.#newest.get(plant.plantId)
    if (told === undefined) return { ...plant, reading: undefined, age: undefined }
    const { reading, receivedAt } = told
    return { ...plant, reading, age: reading.ageSeconds * 1000 + (Date.now() - receivedAt) }
  }
}
