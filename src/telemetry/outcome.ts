/** What happens to a reading whose plant and instant are stored already, or came earlier in the same input. */
export type OnDuplicate = 'KEEP' | 'REPLACE'

/** What became of a number of readings that were stored together. */
export interface RecordOutcome {
  received: number
  inserted: number
  /** Plant and instant were there already, in the table or earlier in the input; received - inserted. */
  duplicates: number
  /** Duplicates whose measurements differ from those that were there: kept or replaced, as asked. */
  conflicts: number
}
