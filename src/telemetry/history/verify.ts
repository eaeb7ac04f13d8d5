import type { Kysely } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { lockReadings } from '../changes/maintenance-lock.ts'
import type { Difference } from './difference.ts'
import type { Stretch } from './tiling.ts'
import { nextToCount, nextToRollUp, readSpans } from './verified-time.ts'
import { verifyCounts, verifyTotal } from './verify-counts.ts'
import { verifyHours, verifyQuarters } from './verify-tiles.ts'

/** What was compared within one window of time. */
export interface Verified {
  quarters: number
  hours: number
  /** Hours with readings that are counted. */
  counts: number
  differences: Difference[]
  /** Share of all the work that is done, from 0 to 1. */
  done: number
}

const DAY: Instant = 86_400_000_000
/** Readings of a plant with one every five seconds are some 170,000 then: a second or two. */
const WINDOW = 10 * DAY

/**
 * Compares what is rolled up with what the readings say, window by window, each as of one moment; others may write
 * and roll up meanwhile. Tiles of quarters that are noted to be made anew, and tiles that are frozen, are left out.
 * An hour is compared with its quarters. With a plant, readings are not counted, for they are counted together.
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
      const found = await atOneMoment(kysely, async (snapshot) => ({
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
      const { compared, differences } = await atOneMoment(kysely, (snapshot) =>
        verifyCounts(snapshot, window),
      )
      const done = Math.min((before + window.until - span.since) / total, 1)
      yield verified({ counts: compared, differences, done })
    }
  }
  if (plantId === undefined) yield verified({ differences: await verifyTotal(kysely), done: 1 })
}

/** Parts the time into windows of whole days, and leaves out those in which there is nothing. */
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

/**
 * The lock comes before the moment is fixed: no truncation, dropped or compressed chunk takes readings away that
 * were there at that moment. Whoever wants to do that waits for a window.
 */
function atOneMoment<Found>(
  kysely: Kysely<Schema>,
  read: (snapshot: Kysely<Schema>) => Promise<Found>,
): Promise<Found> {
  return kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (snapshot) => {
      await lockReadings(snapshot)
      return await read(snapshot)
    })
}
