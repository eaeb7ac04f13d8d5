import type { Instant } from '../../database/instant.ts'
import type { Zone } from './zone.ts'

interface Course {
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
export class PlantClock {
  readonly #zone: Zone
  readonly #courses = new Map<number, Course>()
  /** Rows in an hour that the clock repeats. */
  repeated = 0
  /** Rows in an hour that the clock skips. */
  skipped = 0

  constructor(zone: Zone) {
    this.#zone = zone
  }

  instantOf(wall: number, plantId: number): Instant {
    let course = this.#courses.get(plantId)
    const only = this.#zone.instantOf(wall)
    const instant = only ?? this.#resolve(wall, course)
    if (course === undefined) {
      course = { last: instant, ascending: undefined }
      this.#courses.set(plantId, course)
    } else if (only !== undefined && only !== course.last) {
      course.ascending = only > course.last
    }
    course.last = instant
    return instant
  }

  #resolve(wall: number, course: Course | undefined): Instant {
    const { kind, earlier, later } = this.#zone.read(wall)
    if (kind === 'skipped') {
      this.skipped++
      return later
    }
    this.repeated++
    if (course === undefined) return earlier
    const { last, ascending = later > last } = course
    if (ascending) return earlier <= last && later > last ? later : earlier
    return later < last ? later : earlier
  }
}
