import type { NumberField } from '../../quantities.ts'

/** What the readings of a plant say of a stretch of time. */
export interface Summary {
  /** Readings measured within it; 0 where they were not asked for. */
  samples: number
  /** Microseconds of it between neighbouring readings that are at most the gap limit apart; 0 where samples are. */
  covered: number
  /** Only the quantities that were asked for; one that was not measured has no extremes. */
  of: Partial<Record<NumberField, Course>>
}

/** The course of one quantity over a stretch of time: of the line through its readings. */
export interface Course {
  /** Microseconds that the line covers. */
  covered: number
  /** Of the line, in its unit times seconds: W s for a power. */
  integral: number
  /** Of the part of the line above zero, where the quantity flows both ways and that was asked for; else as `integral`. */
  positive: number
  /** Of the line, and of readings with no neighbour within the gap limit. null: neither is there, or not asked for. */
  min: number | null
  max: number | null
  /** Time-weighted; where nothing is covered the plain mean of the readings, null where there is none. */
  mean: number | null
}
