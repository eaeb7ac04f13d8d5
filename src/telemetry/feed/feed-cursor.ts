import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { abridge, Fault } from '../../fault.ts'
import { type FeedState, readFeedState } from '../changes/feed-state.ts'
import type { FedReading, Position } from '../changes/position.ts'
import { LARGEST_PLANT_ID } from '../reading.ts'

/** What a cursor of the feed says: which reading it follows, and in which life of the database. */
export interface FeedPoint extends Pick<FedReading, 'txid' | 'notedAt' | 'plantId' | 'timestamp'> {
  readonly generation: string
}

/** An opaque name of a point in the feed. */
export function encodeFeedCursor(
  { txid, notedAt, plantId, timestamp }: Omit<FeedPoint, 'generation'>,
  generation: string,
): string {
  const text = `f${generation}.${txid}.${notedAt}.${plantId}.${timestamp}`
  return Buffer.from(text, 'latin1').toString('base64url')
}

const POINT =
  /^f([0-9a-f-]{36})\.(0|[1-9]\d{0,15})\.(0|-?[1-9]\d{0,15})\.(0|[1-9]\d{0,9})\.(0|-?[1-9]\d{0,15})$/

/** Throws INVALID_CURSOR on anything that `encodeFeedCursor` did not make. */
export function decodeFeedCursor(cursor: string): FeedPoint {
  const match = POINT.exec(Buffer.from(cursor, 'base64url').toString('latin1'))
  const [, generation = '', txid, notedAt, plantId, timestamp] = match ?? []
  const point = {
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
      `Expected after to be a cursor of an edge that this subscription gave; got ${abridge(JSON.stringify(cursor))}`,
      { path: ['after'] },
    )
  }
  return point
}

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
