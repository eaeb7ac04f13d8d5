import { compareRequests } from './query/requests.ts'
import { compareSideBySide } from './query/side-by-side.ts'
import { compareSilentPlants } from './query/silent-plants.ts'
import type { Finding } from './support/finding.ts'

/**
 * What questions cost over HTTP, by their statements and by the fastest server of its kind, and the newest readings of
 * many plants on a hypertable.
 */
export async function benchQuery(signal: AbortSignal): Promise<Finding[]> {
  return [
    ...(await compareRequests(signal)),
    ...(await compareSideBySide(signal)),
    ...(await compareSilentPlants(signal)),
  ]
}
