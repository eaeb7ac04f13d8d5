import { compareHypertable } from './history/hypertable.ts'
import { compareMaintenance } from './history/maintenance.ts'
import { compareQuestions } from './history/questions.ts'
import { compareRecordings } from './history/recording.ts'
import { compareYear } from './history/year.ts'
import type { Finding } from './support/finding.ts'
import { openPostgres } from './support/postgres.ts'

/** What charts, energy and statistics cost with rollups, and what it costs to keep them. */
export async function benchHistory(signal: AbortSignal): Promise<Finding[]> {
  await using postgres = await openPostgres()
  await using database = await postgres.openDatabase('history')
  return [
    ...(await compareMaintenance(database, signal)),
    ...(await compareQuestions(database, signal)),
    ...(await compareRecordings(postgres, signal)),
    ...(await compareYear(postgres, signal)),
    ...(await compareHypertable(signal)),
  ]
}
