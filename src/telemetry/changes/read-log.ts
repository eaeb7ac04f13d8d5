import { type Kysely, type RawBuilder, sql } from 'kysely'
import { formatInstant, type Instant } from '../../database/instant.ts'
import type { Schema } from '../../database/schema.ts'
import { timestamptz } from '../../database/timestamptz.ts'
import { readingColumns } from '../../quantities.ts'
import {
  type FeedState,
  type FeedStateRow,
  feedState,
  feedStateColumns,
  parseFeedState,
} from './feed-state.ts'
import { comparePositions, type FedReading, type Position } from './position.ts'

/** What follows a position in the feed, in order. */
export interface LogPage {
  readonly readings: readonly FedReading[]
  /** The end of the page: the next page begins after it. */
  readonly end: Position
  /** Whether a further page exists already. */
  readonly more: boolean
  readonly state: FeedState
}

export interface LogRange {
  /** undefined: every plant. */
  readonly plantIds: readonly number[] | undefined
  /** The largest number of readings; READINGS_A_PAGE by default. */
  readonly limit?: number
}

/** How many notes are read for a page. */
const NOTES_A_PAGE = 1000
/** The largest number of readings in a page: a tenth of a second of work. */
export const READINGS_A_PAGE = 4000

/**
 * Reads the page after a position, of every plant or of some. It contains only what transactions before the horizon
 * wrote. All of those have ended, so nothing can still be committed in front of what was read.
 *
 * The notes are read first, then the readings that they name. A reading that was replaced in between belongs to the
 * transaction that replaced it, whose note comes later. A deleted one is missing.
 */
export async function readLog(
  kysely: Kysely<Schema>,
  after: Position,
  { plantIds, limit = READINGS_A_PAGE }: LogRange,
): Promise<LogPage> {
  const { state, notes } = await readNotes(kysely, after, plantIds)
  const whole = notes.length < NOTES_A_PAGE
  const { stretches, end } = changedRanges(notes, after, !whole)
  const readings = await readStretches(kysely, stretches, limit)
  const last = readings.at(-1)
  if (readings.length === limit && last !== undefined) {
    return { readings, end: last, more: true, state }
  }
  // If the page is complete, the end also covers plants that were not asked for.
  return { readings, end: whole ? latest(end, state.end) : end, more: !whole, state }
}

function latest(one: Position, other: Position): Position {
  return comparePositions(one, other) < 0 ? other : one
}

async function readNotes(
  kysely: Kysely<Schema>,
  after: Position,
  plantIds: readonly number[] | undefined,
): Promise<{ state: FeedState; notes: ChangedRange[] }> {
  const { rows } = await sql<FeedStateRow & NoteRow>`
    select ${feedStateColumns},
      note.txid::text, note.plant_id as "plantId", note.first, note.last, note.noted_at as "notedAt"
    from ${feedState(after)}
    left join lateral solark.notes_after(
      ${String(after.txid)}::xid8, ${after.plantId}::integer, ${timestamptz(after.timestamp)},
      ${plantIds ?? null}::integer[], pg_snapshot_xmin(state.snapshot), ${sql.lit(NOTES_A_PAGE)}
    ) as note on true
    order by note.txid, note.plant_id, note.first`.execute(kysely)
  const notes: ChangedRange[] = []
  for (const note of rows) {
    if (note.txid !== null) notes.push({ ...note, txid: Number(note.txid) })
  }
  return { state: parseFeedState(rows[0]), notes }
}

type NoteRow =
  | { txid: string; plantId: number; first: Instant; last: Instant; notedAt: Instant }
  | { txid: null }

/** In the order of the ranges, so that reading stops once the page is full. */
async function readStretches(
  kysely: Kysely<Schema>,
  stretches: readonly ChangedRange[],
  limit: number,
): Promise<FedReading[]> {
  if (stretches.length === 0) return []
  const rows = await kysely
    .selectFrom(
      numbered(stretches).as<'stretch'>(sql`stretch (txid, plant_id, first, last, number)`),
    )
    .innerJoinLateral(
      (expression) =>
        expression
          .selectFrom('solark.telemetry as stored')
          .select(readingColumns)
          .whereRef('stored.plant_id', '=', 'stretch.plant_id')
          .whereRef('stored.timestamp', '>=', 'stretch.first')
          .whereRef('stored.timestamp', '<=', 'stretch.last')
          .whereRef('stored.txid', '=', 'stretch.txid')
          // Forces one lookup in the key for each range, whatever number the planner expects.
          .offset(sql.lit(0))
          .as('reading'),
      (join) => join.onTrue(),
    )
    .select('number')
    .selectAll('reading')
    .orderBy('number')
    .orderBy('reading.timestamp')
    .limit(limit)
    .execute()
  return rows.map((row) => {
    const stretch = stretches[row.number - 1]
    if (stretch === undefined) throw new Error(`Expected the number of a range, got ${row.number}`)
    // Copying each row would add a twentieth to its cost.
    return Object.assign(row, { txid: stretch.txid, notedAt: stretch.notedAt })
  })
}

interface NumberedStretch {
  txid: string
  plant_id: number
  first: Instant
  last: Instant
  /** From 1. */
  number: number
}

function numbered(stretches: readonly ChangedRange[]): RawBuilder<NumberedStretch> {
  return sql`unnest(
    ${stretches.map(({ txid }) => String(txid))}::xid8[],
    ${stretches.map(({ plantId }) => plantId)}::integer[],
    ${stretches.map(({ first }) => formatInstant(first))}::timestamptz[],
    ${stretches.map(({ last }) => formatInstant(last))}::timestamptz[]
  ) with ordinality`
}

/** A time range in which a transaction wrote readings of a plant. */
export interface ChangedRange {
  readonly txid: number
  readonly plantId: number
  readonly first: Instant
  /** Inclusive. */
  readonly last: Instant
  /** When the transaction began. */
  readonly notedAt: Instant
}

/**
 * Turns the notes after a position into disjoint ranges, in order, and returns up to where they are complete. If there
 * are more notes, the last ones may not say everything about the time from the last note on.
 */
export function changedRanges(
  notes: readonly ChangedRange[],
  after: Position,
  more: boolean,
): { stretches: ChangedRange[]; end: Position } {
  const next = more ? notes.at(-1) : undefined
  const limit = next && { ...next, timestamp: next.first - 1 }
  const stretches: ChangedRange[] = []
  let open: ChangedRange | undefined
  for (const note of notes) {
    const first = isAt(after, note) ? Math.max(note.first, after.timestamp + 1) : note.first
    const until =
      limit !== undefined && isAt(limit, note) ? Math.min(note.last, limit.timestamp) : note.last
    if (first > until) continue
    if (open !== undefined && isAt(open, note) && first <= open.last) {
      open = { ...open, last: Math.max(open.last, until) }
    } else {
      if (open !== undefined) stretches.push(open)
      open = { ...note, first, last: until }
    }
  }
  if (open !== undefined) stretches.push(open)
  const end = limit ?? (open && { ...open, timestamp: open.last }) ?? after
  return { stretches, end }
}

function isAt(
  one: Pick<Position, 'txid' | 'plantId'>,
  other: Pick<Position, 'txid' | 'plantId'>,
): boolean {
  return one.txid === other.txid && one.plantId === other.plantId
}
