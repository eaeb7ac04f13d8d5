import type { Instant } from '../../database/instant.ts'
import { LARGEST_PLANT_ID, type StoredReading } from '../reading.ts'

/**
 * Where a reading stands in the feed: the transaction that stored it, its plant, its time. The order is one of
 * commits, since nothing of a transaction is sent before every transaction with a lower number has ended.
 *
 * A position is always one of something that was committed. The horizon itself would be none to go on from: numbers
 * of transactions that rolled back are given out again after a crash.
 */
export interface Position {
  readonly txid: number
  readonly plantId: number
  readonly timestamp: Instant
  /** When that transaction began, by which it is known again; null at the beginning of all. */
  readonly notedAt: Instant | null
}

/** A reading as it was stored by one transaction. */
export interface FedReading extends StoredReading {
  readonly txid: number
  readonly notedAt: Instant
}

/** Before everything that a transaction wrote. */
export function startOf(txid: number): Position {
  return { txid, plantId: -1, timestamp: 0, notedAt: null }
}

/** After everything that a transaction wrote, in the times that PostgreSQL and this feed can tell. */
export function endOf(txid: number, notedAt: Instant): Position {
  return { txid, plantId: LARGEST_PLANT_ID, timestamp: LATEST, notedAt }
}

const LATEST: Instant = Date.UTC(2250, 0, 1) * 1000

/** Below zero where `one` comes first, above where it comes after. */
export function comparePositions(one: Position, other: Position): number {
  return one.txid - other.txid || one.plantId - other.plantId || one.timestamp - other.timestamp
}
