import type { Instant } from '../database/instant.ts'
import { abridge, Fault } from '../fault.ts'
import { LARGEST_PLANT_ID } from './reading.ts'

/** The position of a reading in the order of all readings: by time, then by plant. */
export interface PagePosition {
  timestamp: Instant
  plantId: number
}

/** An opaque cursor of a position, exact to the microsecond. */
export function encodeCursor({ timestamp, plantId }: PagePosition): string {
  return Buffer.from(`r${timestamp}.${plantId}`).toString('base64url')
}

/** Throws INVALID_CURSOR on anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string, argument: string): PagePosition {
  const match = /^r(0|-?[1-9]\d{0,15})\.(0|[1-9]\d{0,9})$/.exec(
    Buffer.from(cursor, 'base64url').toString('latin1'),
  )
  const position = { timestamp: Number(match?.[1]), plantId: Number(match?.[2]) }
  if (match === null || position.plantId > LARGEST_PLANT_ID || encodeCursor(position) !== cursor) {
    throw new Fault(
      'INVALID_CURSOR',
      `Expected ${argument} to be a cursor from an earlier page of readings; got ${abridge(JSON.stringify(cursor))}`,
      { path: [argument] },
    )
  }
  return position
}
