import type { Instant } from '../../database/instant.ts'

/** What is kept and not what the readings say. */
export interface Difference {
  table: 'rollup_quarter' | 'rollup_hour' | 'reading_count' | 'rollup'
  /** null: of all plants together. */
  plantId: number | null
  /** When what it is about begins; null: it is about all time. */
  start: Instant | null
  column: string
  /** null: not there; a tile that is missing, or should not be there, differs in its `samples` alone. */
  kept: number | null
  recomputed: number | null
}
