import type { Kysely } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { readAtOneMoment } from '../changes/maintenance-lock.ts'
import type { Difference } from './difference.ts'
import type { Stretch } from './tiling.ts'
import { nextToCount, nextToRollUp, readSpans } from './verified-time.ts'
import { verifyCounts, verifyTotal } from './verify-counts.ts'
import { verifyHours, verifyQuarters } from './verify-tiles.ts'

/** What was compared within one window of time. */
export interface Verified {
  quarters: number
  hours: number
  /** Hours whose count of readings was compared. */
  counts: number
  differences: Difference[]
  /** Share of all work that is done, 0 to 1. */
  done: number
}

const DAY: Instant = 86_400_000_000
/** At one reading every five seconds, some 170,000 readings of a plant: a second or two. */
const WINDOW = 10 * DAY

/**
 * Compares rollups with the readings, window by window, each in one snapshot. Others may write and roll up in the
 * meantime. Leaves out frozen tiles and quarters with a note. Hours are compared with their quarters. With a plant,
 * counts are not compared, because they are not kept by plant.
 */
export async function* verifyRollups(
  kysely: Kysely<Schema>,
  plantId?: number,
): AsyncGenerator<Verified> {
  const { plants, counted } = await readSpans(kysely, plantId)
  const total = [...plants.values(), ...counted].reduce(
    (sum, { since, until }) => sum + until - since,
    0,
  )
  let before = 0
  const verified = (part: Partial<Verified>): Verified => ({
    quarters: 0,
    hours: 0,
    counts: 0,
    differences: [],
    done: total > 0 ? Math.min(before / total, 1) : 1,
    ...part,
  })

  for (const [id, span] of plants) {
    const next = (after: Instant) => nextToRollUp(kysely, id, after)
    for await (const window of windows(span, next)) {
      const found = await readAtOneMoment(kysely, async (snapshot) => ({
        quarters: await verifyQuarters(snapshot, id, window),
        hours: await verifyHours(snapshot, id, window),
      }))
      yield verified({
        quarters: found.quarters.compared,
        hours: found.hours.compared,
        differences: [...found.quarters.differences, ...found.hours.differences],
        done: Math.min((before + window.until - span.since) / total, 1),
      })
    }
    before += span.until - span.since
  }
  for (const span of counted) {
    for await (const window of windows(span, (after) => nextToCount(kysely, after))) {
      const { compared, differences } = await readAtOneMoment(kysely, (snapshot) =>
        verifyCounts(snapshot, window),
      )
      const done = Math.min((before + window.until - span.since) / total, 1)
      yield verified({ counts: compared, differences, done })
    }
  }
  if (plantId === undefined) yield verified({ differences: await verifyTotal(kysely), done: 1 })
}

/** Cuts the time into windows of whole days, and skips empty ones. */
async function* windows(
  { since, until }: Stretch,
  next: (after: Instant) => Promise<Instant | undefined>,
): AsyncGenerator<Stretch> {
  for (let at: Instant | undefined = since; at !== undefined; at = await next(at)) {
    const start = Math.floor(at / DAY) * DAY
    at = start + WINDOW
    yield { since: start, until: at }
    if (at >= until) return
  }
}
