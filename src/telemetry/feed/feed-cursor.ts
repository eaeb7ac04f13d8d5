import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { abridge, Fault } from '../../fault.ts'
import { type FeedState, readFeedState } from '../changes/feed-state.ts'
import { type Position, startOf } from '../changes/position.ts'
import { LARGEST_PLANT_ID } from '../reading.ts'

/** What a cursor of the feed contains: the position that it follows, and the generation of the database. */
export interface FeedPoint extends Position {
  readonly generation: string
}

/** An opaque cursor of a position in the feed. */
export function encodeFeedCursor(
  { txid, notedAt, plantId, timestamp }: Position,
  generation: string,
): string {
  const place = notedAt === null ? '' : `.${notedAt}.${plantId}.${timestamp}`
  return Buffer.from(`f${generation}.${txid}${place}`, 'latin1').toString('base64url')
}

const POINT =
  /^f([0-9a-f-]{36})\.(0|[1-9]\d{0,15})(?:\.(0|-?[1-9]\d{0,15})\.(0|[1-9]\d{0,9})\.(0|-?[1-9]\d{0,15}))?$/

/** Throws INVALID_CURSOR on anything that `encodeFeedCursor` did not make. */
export function decodeFeedCursor(cursor: string): FeedPoint {
  const match = POINT.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  const [, generation = '', txid, notedAt, plantId, timestamp] = match ?? []
  const point: FeedPoint =
    notedAt === undefined
      ? { generation, ...startOf(Number(txid)) }
      : {
          generation,
          txid: Number(txid),
          notedAt: Number(notedAt),
          plantId: Number(plantId),
          timestamp: Number(timestamp),
        }
  if (
    match === null ||
    point.plantId > LARGEST_PLANT_ID ||
    encodeFeedCursor(point, generation) !== cursor
  ) {
    throw new Fault(
      'INVALID_CURSOR',
      `Expected after to be a cursor of an edge of this subscription, or a telemetryCursor; got ${abridge(JSON.stringify(cursor))}`,
      { path: ['after'] },
    )
  }
  return point
}

/**
 * Returns the position after which the feed resumes. Throws INVALID_CURSOR. Throws CURSOR_EXPIRED if what follows is
 * not known in full: the log was pruned, it is that of another database, or the database was restored to an earlier
 * time and lacks the transaction.
 */
export async function positionAfter(kysely: Kysely<Schema>, cursor: string): Promise<Position> {
  const { generation, ...position } = decodeFeedCursor(cursor)
  requireKnown(position, generation, await readFeedState(kysely, position))
  return position
}

/** Throws CURSOR_EXPIRED unless the feed can resume from the position. `state` was read for the same position. */
export function requireKnown(
  position: Position,
  generation: string,
  { floor, known, ...state }: FeedState,
): void {
  if (state.generation !== generation) throw expired('the database was restored since')
  if (position.txid < floor) throw expired('it is older than FEED_RETENTION_DAYS')
  if (!known) throw expired('the database was restored to a time before it')
}

/** Subscribers decide what to do. What was stored in the meantime can be queried by time. */
function expired(reason: string): Fault {
  return new Fault(
    'CURSOR_EXPIRED',
    `The cursor in after has expired: ${reason}. Fetch the readings that you missed with the query telemetry, then subscribe without after`,
    { path: ['after'] },
  )
}
