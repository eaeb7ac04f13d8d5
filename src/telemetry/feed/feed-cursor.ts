import { abridge, Fault } from '../../fault.ts'
import { LARGEST_PLANT_ID } from '../reading.ts'
import type { FedReading } from './position.ts'

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
