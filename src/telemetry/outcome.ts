/** What became of the readings that were sent; received = inserted + duplicates. */
export interface RecordOutcome {
  received: number
  inserted: number
  /** Readings whose plant and instant were there already, in the table or earlier among those sent. */
  duplicates: number
  /** Duplicates whose values differ from what is stored (kept or replaced, as asked). */
  conflicts: number
}
