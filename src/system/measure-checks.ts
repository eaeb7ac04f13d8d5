import type { Measure } from '../measure.ts'
import { type Check, type HealthStatus, runCheck } from './health.ts'

const STATUS: Readonly<Record<HealthStatus, number>> = { HEALTHY: 0, DEGRADED: 1, UNHEALTHY: 2 }

/** Runs all checks at the same time. Returns the status of each, and the numbers that they found. */
export async function measureChecks(checks: readonly Check[]): Promise<Measure[]> {
  const found = await Promise.all(checks.map((check) => runCheck(check, false)))
  return found.flatMap(({ result: { name, status }, measures }) => [
    {
      name: 'heliograph_check_status',
      help: 'What each check of /health found: 0 HEALTHY, 1 DEGRADED, 2 UNHEALTHY',
      type: 'gauge' as const,
      value: STATUS[status],
      labels: { check: name },
    },
    ...measures,
  ])
}
