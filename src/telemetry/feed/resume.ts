import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { Fault } from '../../fault.ts'
import { decodeFeedCursor } from './feed-cursor.ts'
import { type FeedState, readFeedState } from './feed-state.ts'
import type { Position } from './position.ts'

/**
 * The position from which the feed goes on after a cursor. Throws INVALID_CURSOR, or CURSOR_EXPIRED where what
 * follows is not known in full: the log was cut off since, or it is another one, or lacks the transaction, since
 * the database was restored to an earlier time.
 */
export async function positionAfter(kysely: Kysely<Schema>, cursor: string): Promise<Position> {
  const { generation, ...position } = decodeFeedCursor(cursor)
  requireKnown(position, generation, await readFeedState(kysely, position))
  return position
}

/** Throws CURSOR_EXPIRED unless the feed goes on from the position, as it was asked about in the state. */
export function requireKnown(
  position: Position,
  generation: string,
  { floor, known, ...state }: FeedState,
): void {
  if (state.generation !== generation) throw expired('the database was restored since')
  if (position.txid < floor) throw expired('it is older than what FEED_RETENTION_DAYS keeps')
  if (!known) throw expired('the database went back to a time before it')
}

/** What a subscriber does about it is up to them: what was stored meanwhile can be read by its time. */
function expired(reason: string): Fault {
  return new Fault(
    'CURSOR_EXPIRED',
    `Expected after to be a cursor from which every reading is still known; ${reason}: read what you miss with the query telemetry, and subscribe without after`,
    { path: ['after'] },
  )
}
