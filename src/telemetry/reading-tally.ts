import type { RecordReport } from './record.ts'

/** Counts what came of the readings that the API was sent, since the server started. */
export class ReadingTally {
  inserted = 0
  duplicates = 0
  refused = 0

  add({ inserted, duplicates, refused }: RecordReport): void {
    this.inserted += inserted
    this.duplicates += duplicates
    this.refused += refused
  }
}
