import { compareRequests } from './query/requests.ts'
import { compareSilentPlants } from './query/silent-plants.ts'
import type { Finding } from './support/finding.ts'

/** What questions cost over HTTP, and the newest readings of many plants on a hypertable. */
export async function benchQuery(signal: AbortSignal): Promise<Finding[]> {
  return [...(await compareRequests(signal)), ...(await compareSilentPlants(signal))]
}
