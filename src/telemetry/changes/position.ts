import type { Instant } from '../../database/instant.ts'
import { LARGEST_PLANT_ID, type StoredReading } from '../reading.ts'
import { LATEST } from '../time-zone.ts'

/**
 * The position of a reading in the feed: the transaction that stored it, its plant, its time. The order is one of
 * commits, because nothing of a transaction is sent before every transaction with a lower number has ended.
 *
 * A position is always that of something committed. The horizon would not do: after a crash, the numbers of
 * transactions that were rolled back are assigned again.
 */
export interface Position {
  readonly txid: number
  readonly plantId: number
  readonly timestamp: Instant
  /** When the transaction began, which identifies it together with its number; null at the very beginning. */
  readonly notedAt: Instant | null
}

/** A reading as one transaction stored it. */
export interface FedReading extends StoredReading {
  readonly txid: number
  readonly notedAt: Instant
}

/** The position before everything that a transaction wrote. */
export function startOf(txid: number): Position {
  return { txid, plantId: -1, timestamp: 0, notedAt: null }
}

/** The position after everything that a transaction wrote, whatever the plant and time. */
export function endOf(txid: number, notedAt: Instant): Position {
  return { txid, plantId: LARGEST_PLANT_ID, timestamp: LATEST, notedAt }
}

/** Returns a negative number if `one` comes first, a positive number if it comes after `other`. */
export function comparePositions(one: Position, other: Position): number {
  return one.txid - other.txid || one.plantId - other.plantId || one.timestamp - other.timestamp
}
