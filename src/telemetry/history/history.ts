import type { Kysely } from 'kysely'
import type { Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { abridge, Fault } from '../../fault.ts'
import type { Plant } from '../plant.ts'
import { type ZoneClock, zoneClock } from '../time-zone.ts'
import { edgesOf, isWidthName, smallestWidth, type WidthName, widthNames } from './bucket-edges.ts'
import { type ExpectedReads, expectedReads, NOTHING } from './expected-reads.ts'
import type { Fill } from './points.ts'
import { type Point, pointsOf } from './points.ts'
import { readSummaries } from './read-summaries.ts'
import type { ReadingAllowance } from './reading-allowance.ts'
import { type LoadPlant, planByClock } from './requested-plant.ts'
import {
  fittingWidth,
  isSpan,
  MOST_POINTS,
  type Precision,
  requireFewPoints,
  requireSpan,
} from './span.ts'
import type { Wanted } from './summary.ts'

export interface HistoryRequest extends Wanted {
  plantId: number
  from: Instant
  /** Exclusive. */
  to: Instant
  /** One of the listed widths; takes precedence over `maxPoints`. */
  bucket: string | undefined
  maxPoints: number
  /** undefined: that of the plant. */
  timeZone: string | undefined
  fill: Fill
  /** Without it, the number of readings is not limited. */
  allowance?: ReadingAllowance
}

export interface History {
  plant: Plant
  bucket: WidthName
  timeZone: string
  points: Point[]
}

const offered = new Map(widthNames.map((name) => [name, name]))

/**
 * Returns a plant's quantities over time, in buckets. Throws `INVALID_RANGE`, `TOO_MANY_POINTS` and `BAD_USER_INPUT`
 * before the database is queried, unless the count of points is so near the limit that the plant's zone decides.
 * Throws `NOT_FOUND` if the plant is unknown.
 */
export async function readHistory(
  { kysely, loadPlant }: { kysely: Kysely<Schema>; loadPlant: LoadPlant },
  request: HistoryRequest,
): Promise<History> {
  const { plantId, from, to, fill, quantities, aspects, allowance } = request
  requireSpan(from, to)
  const chooseWidth = widthChooser(request)
  const { plant, timeZone, plan } = await planByClock(loadPlant, request, (clock, precision) => {
    const bucket = chooseWidth(clock, precision)
    return { bucket, edges: precision.roughly ? [] : edgesOf({ from, to, clock }, bucket) }
  })
  const { bucket, edges } = plan
  const summaries =
    edges.length < 2
      ? []
      : await readSummaries(kysely, { plantId, edges, quantities, aspects, allowance })
  return { plant, bucket, timeZone, points: pointsOf({ edges, summaries, quantities, fill }) }
}

/**
 * Estimates what a chart makes the database read. Assumes UTC if no zone is given. Returns nothing if the request
 * would be refused.
 */
export function expectedHistory({
  from,
  to,
  bucket,
  maxPoints,
  timeZone,
}: Pick<HistoryRequest, 'from' | 'to' | 'bucket' | 'maxPoints' | 'timeZone'>): ExpectedReads {
  if (!isSpan(from, to)) return NOTHING
  const cut = { from, to, clock: zoneClock(timeZone ?? 'UTC') }
  const width = bucket ?? smallestWidth(cut, Math.min(maxPoints, MOST_POINTS))
  return width !== undefined && isWidthName(width) ? expectedReads(cut, width) : NOTHING
}

function widthChooser({ from, to, bucket, maxPoints }: HistoryRequest) {
  if (maxPoints < 1 || maxPoints > MOST_POINTS) {
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected maxPoints to be from 1 to ${MOST_POINTS}; got ${maxPoints}`,
      { path: ['maxPoints'] },
    )
  }
  if (bucket !== undefined && !isWidthName(bucket)) {
    throw new Fault(
      'BAD_USER_INPUT',
      `Expected bucket to be one of ${widthNames.join(' ')}; got ${abridge(bucket)}`,
      { path: ['bucket'] },
    )
  }
  return (clock: ZoneClock, precision: Precision): WidthName => {
    const cut = { from, to, clock }
    if (bucket === undefined) return fittingWidth(cut, maxPoints, precision)
    requireFewPoints(cut, bucket, offered, precision)
    return bucket
  }
}
