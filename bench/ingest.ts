import { compareImports } from './ingest/csv-import.ts'
import { compareRecording } from './ingest/record.ts'
import { compareTriggers } from './ingest/triggers.ts'
import type { Finding } from './support/finding.ts'
import { openPostgres } from './support/postgres.ts'

/** How fast readings come in: by the API, from a file, and what the triggers cost whoever writes. */
export async function benchIngest(signal: AbortSignal): Promise<Finding[]> {
  await using postgres = await openPostgres()
  return [
    ...(await compareRecording(postgres, signal)),
    ...(await compareImports(postgres, signal)),
    ...(await compareTriggers(postgres, signal)),
  ]
}
