import type { Instant } from '../../database/instant.ts'
import type { StoredReading } from '../reading.ts'

/**
 * Where a reading stands in the feed: the transaction that stored it, its plant, its time. The order is one of
 * commits, since nothing of a transaction is sent before every transaction with a lower number has ended.
 */
export interface Position {
  readonly txid: number
  readonly plantId: number
  readonly timestamp: Instant
}

/** A reading as it was stored by one transaction. */
export interface FedReading extends StoredReading {
  readonly txid: number
  /** When that transaction began. */
  readonly notedAt: Instant
}

/** Before everything that a transaction wrote. */
export function startOf(txid: number): Position {
  return { txid, plantId: -1, timestamp: 0 }
}

/** Below zero where `one` comes first, above where it comes after. */
export function comparePositions(one: Position, other: Position): number {
  return one.txid - other.txid || one.plantId - other.plantId || one.timestamp - other.timestamp
}
