import { type Api, ApiError } from './api.ts'
import {
  LiveDocument,
  type LiveSubscription,
  PlantsDocument,
  type PlantsQuery,
  type ReadingFragment,
} from './generated/graphql.ts'

export type PlantReading = ReadingFragment
type ListedPlant = PlantsQuery['plants'][number]

/** A plant and its newest reading. */
export interface PlantNow extends ListedPlant {
  readonly reading: PlantReading | undefined
  /** Milliseconds since the reading was measured, by the server's clock. */
  readonly age: number | undefined
}

/** Plants come and fall silent without an event, so they are listed again. */
const LIST_EVERY = 15_000

interface Told {
  readonly reading: PlantReading
  /** By this browser's clock. */
  readonly receivedAt: number
  /** By the server's clock, in milliseconds. */
  readonly toldAt: number
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
  /** Whether they were listed on the present connection: what is from before it may be long over. */
  isCurrent = false
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
    api.addEventListener('open', this.list)
    setInterval(() => {
      if (api.state === 'open' && document.visibilityState === 'visible') this.list()
    }, LIST_EVERY)
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
  readonly list = (): void => void this.#listPlants()

  async #listPlants(): Promise<void> {
    try {
      const { plants } = await this.#api.ask(PlantsDocument, {})
      this.#list = plants
      this.isCurrent = this.#api.state === 'open'
      this.error = undefined
      for (const { plantId, latest } of plants) {
        if (latest) this.#take(latest)
        else this.#newest.delete(plantId)
      }
      this.dispatchEvent(new Event('change'))
    } catch (error) {
      this.error =
        error instanceof ApiError && error.code !== 'CONNECTION_CLOSED' ? error : undefined
      this.dispatchEvent(new Event('change'))
    }
  }

  #take(reading: PlantReading): void {
    const receivedAt = Date.now()
    const toldAt = Date.parse(reading.timestamp) + reading.ageSeconds * 1000
    const before = this.#newest.get(reading.plantId)
    if (before !== undefined && before.toldAt > toldAt) return
    this.#clockAhead = toldAt - receivedAt
    this.#newest.set(reading.plantId, { reading, receivedAt, toldAt })
    this.dispatchEvent(new Event('change'))
  }

  /** Takes what was pushed. If the plant is new, or no longer silent, the list is out of date. */
  readonly #receive = ({ latestEnergy: reading }: LiveSubscription): void => {
    const { plantId } = reading
    const listed = this.#list?.find((plant) => plant.plantId === plantId)
    const isNews = this.#newest.get(plantId)?.reading.timestamp !== reading.timestamp
    this.#take(reading)
    if (this.#list !== undefined && isNews && listed?.isStale !== false) this.list()
  }

  #now(plant: ListedPlant): PlantNow {
    const told = this.#newest.get(plant.plantId)
    if (told === undefined) return { ...plant, reading: undefined, age: undefined }
    const { reading, receivedAt } = told
    return { ...plant, reading, age: reading.ageSeconds * 1000 + (Date.now() - receivedAt) }
  }
}
