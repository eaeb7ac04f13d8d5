import type { Instant } from '../../database/instant.ts'
import type { Position } from './position.ts'

/** A stretch of time in which a transaction wrote readings of a plant. */
export interface Stretch {
  readonly txid: number
  readonly plantId: number
  readonly first: Instant
  /** Inclusive. */
  readonly last: Instant
  /** When the transaction began. */
  readonly notedAt: Instant
}

/**
 * What the notes say beyond a position, as stretches that do not overlap, in order; and up to where that is all. Where
 * there are more notes, those at the end may not be all that is said of the time from the last one on.
 */
export function stretchesOf(
  notes: readonly Stretch[],
  after: Position,
  more: boolean,
): { stretches: Stretch[]; end: Position } {
  const next = more ? notes.at(-1) : undefined
  const limit = next && { ...next, timestamp: next.first - 1 }
  const stretches: Stretch[] = []
  let open: Stretch | undefined
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
