import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import type { Instant } from '../database/instant.ts'
import type { Schema } from '../database/schema.ts'
import { timestamptz } from '../database/timestamptz.ts'
import { Fault } from '../fault.ts'
import { decodeCursor, type PagePosition } from './cursor.ts'
import { type ReadingText, readReadingTexts } from './reading-text.ts'
import { requireForwardRange } from './time-bounds.ts'

export const DEFAULT_PAGE_SIZE = 100
export const LARGEST_PAGE = 1000

export interface PageRequest {
  plantId?: number | null | undefined
  /** Inclusive. */
  from?: Instant | undefined
  /** Exclusive. */
  to?: Instant | undefined
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

/** A page of readings, newest first, as Relay's cursor connections define it. */
export interface Page {
  readings: ReadingText[]
  hasNextPage(): Promise<boolean>
  hasPreviousPage(): Promise<boolean>
}

type Readings = SelectQueryBuilder<Schema, 'solark.telemetry', object>

/**
 * One keyset query, however deep the page is. The other side is queried only if somebody asks whether there is more.
 */
export async function readPage(kysely: Kysely<Schema>, request: PageRequest): Promise<Page> {
  const { size, backwards } = pageSize(request)
  const plantId = request.plantId ?? undefined
  const after = request.after == null ? undefined : decodeCursor(request.after, 'after')
  const before = request.before == null ? undefined : decodeCursor(request.before, 'before')
  requireForwardRange(request.from, request.to)

  const within = (): Readings => {
    let readings: Readings = kysely.selectFrom('solark.telemetry')
    if (plantId !== undefined) {
      readings = readings.where(sql<boolean>`plant_id = any (array[${plantId}::integer])`)
    }
    if (request.from !== undefined) {
      readings = readings.where('timestamp', '>=', timestamptz(request.from))
    }
    if (request.to !== undefined) {
      readings = readings.where('timestamp', '<', timestamptz(request.to))
    }
    return readings
  }
  /**
   * Uses the order of exactly one index. With the order by time, the planner could use the index by time for one
   * plant, too, and skip the readings of all other plants: all of them, if the plant is silent.
   */
  const ordered = (readings: Readings, direction: 'asc' | 'desc'): Readings =>
    plantId === undefined
      ? readings.orderBy('timestamp', direction).orderBy('plant_id', direction)
      : readings.orderBy('plant_id', direction).orderBy('timestamp', direction)
  /** Ordered, because a planner that expects many rows would scan the table from its start to find one. */
  const exists = async (readings: Readings, direction: 'asc' | 'desc'): Promise<boolean> =>
    (await ordered(readings, direction).select('id').limit(1).executeTakeFirst()) !== undefined

  let readings = within()
  if (after !== undefined) readings = olderThan(readings, after, plantId)
  if (before !== undefined) readings = newerThan(readings, before, plantId)
  const direction = backwards ? 'asc' : 'desc'
  const rows = await readReadingTexts(kysely, ordered(readings, direction).limit(size + 1))
  const more = rows.length > size
  if (more) rows.pop()
  if (backwards) rows.reverse()

  const oldest = rows.at(-1) ?? before
  const newest = rows.at(0) ?? after
  return {
    readings: rows,
    hasNextPage: once(async () => {
      if (!backwards) return more
      return oldest !== undefined && exists(olderThan(within(), oldest, plantId), 'desc')
    }),
    hasPreviousPage: once(async () => {
      if (backwards) return more
      return newest !== undefined && exists(newerThan(within(), newest, plantId), 'asc')
    }),
  }
}

/** Asks only once, however many aliases request it. */
function once(ask: () => Promise<boolean>): () => Promise<boolean> {
  let answer: Promise<boolean> | undefined
  return () => (answer ??= ask())
}

function pageSize({ first, last }: PageRequest): { size: number; backwards: boolean } {
  if (first != null && last != null) {
    throw new Fault('BAD_USER_INPUT', 'Expected first or last, not both', { path: ['last'] })
  }
  const argument = last != null ? 'last' : 'first'
  const size = last ?? first ?? DEFAULT_PAGE_SIZE
  requirePageSize(argument, size)
  return { size, backwards: last != null }
}

/** Throws BAD_USER_INPUT if a size is negative, PAGE_TOO_LARGE if it is above LARGEST_PAGE. */
export function requirePageSize(argument: 'first' | 'last', size: number): void {
  if (size < 0) {
    throw new Fault('BAD_USER_INPUT', `Expected ${argument} to be 0 or more; got ${size}`, {
      path: [argument],
    })
  }
  if (size > LARGEST_PAGE) {
    throw new Fault(
      'PAGE_TOO_LARGE',
      `Expected ${argument} to be at most ${LARGEST_PAGE}; got ${size}: ask for the next page with after`,
      { path: [argument] },
    )
  }
}

function olderThan(
  readings: Readings,
  position: PagePosition,
  plantId: number | undefined,
): Readings {
  return beyond(readings, '<', position, plantId)
}

function newerThan(
  readings: Readings,
  position: PagePosition,
  plantId: number | undefined,
): Readings {
  return beyond(readings, '>', position, plantId)
}

/** Readings beyond a position in the order of time, then plant, as a condition that is one range of an index. */
function beyond(
  readings: Readings,
  side: '<' | '>',
  { timestamp, plantId: at }: PagePosition,
  plantId: number | undefined,
): Readings {
  const time = timestamptz(timestamp)
  if (plantId === undefined) {
    return readings.where(
      sql<boolean>`(timestamp, plant_id) ${sql.raw(side)} (${time}, ${at}::integer)`,
    )
  }
  const sameInstantCounts = side === '<' ? plantId < at : plantId > at
  const operator = sameInstantCounts ? (`${side}=` as const) : side
  return readings.where('timestamp', operator, time)
}
