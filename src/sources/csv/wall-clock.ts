import type { Instant } from '../../database/instant.ts'
import type { Zone } from './zone.ts'

interface PlantOrder {
  last: Instant
  /** undefined: not known yet. */
  ascending: boolean | undefined
}

/**
 * Reads the times of one file, in its order, by the clock of a zone.
 *
 * A time that the clock showed twice is taken as its first or its second showing by the order of the plant's
 * rows, oldest or newest first: whichever goes on from the row before; where neither does, the first. Of two
 * rows with the same such time the next is the second showing, as in hourly data. A time that the clock
 * skipped moves on by as much as the clock did.
 */
export class WallClock {
  readonly #zone: Zone
  readonly #courses = new Map<number, PlantOrder>()
  /** Rows in an hour that the clock repeats. */
  repeated = 0
  /** Rows in an hour that the clock skips. */
  skipped = 0

  constructor(zone: Zone) {
    this.#zone = zone
  }

  instantOf(wall: number, plantId: number): Instant {
    let order = this.#courses.get(plantId)
    const only = this.#zone.instantOf(wall)
    const instant = only ?? this.#resolve(wall, order)
    if (order === undefined) {
      order = { last: instant, ascending: undefined }
      this.#courses.set(plantId, order)
    } else if (only !== undefined && only !== order.last) {
      order.ascending = only > order.last
    }
    order.last = instant
    return instant
  }

  #resolve(wall: number, order: PlantOrder | undefined): Instant {
    const { kind, earlier, later } = this.#zone.read(wall)
    if (kind === 'skipped') {
      this.skipped++
      return later
    }
    this.repeated++
    if (order === undefined) return earlier
    const { last, ascending = later > last } = order
    if (ascending) return earlier <= last && later > last ? later : earlier
    return later < last ? later : earlier
  }
}
