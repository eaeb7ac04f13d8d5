import type { Instant } from '../../database/instant.ts'

/** A stored value that differs from what the readings say. */
export interface Difference {
  table: 'rollup_quarter' | 'rollup_hour' | 'reading_count' | 'rollup'
  /** null: of all plants together. */
  plantId: number | null
  /** When the tile or hour begins; null: it is about all time. */
  start: Instant | null
  column: string
  /** null: missing. A tile that is missing, or should not exist, is reported by its `samples` alone. */
  kept: number | null
  recomputed: number | null
}
