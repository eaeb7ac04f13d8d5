import type { Instant } from '../database/instant.ts'
import type { Measure } from '../measure.ts'
import { withTimeout } from '../timeout.ts'

export type HealthStatus = 'HEALTHY' | 'DEGRADED' | 'UNHEALTHY'

/** The result of one check. */
export interface HealthCheck {
  name: string
  status: HealthStatus
  detail: string | null
  latencyMs: number | null
}

export interface Health {
  status: HealthStatus
  checks: HealthCheck[]
  version: string
  uptimeSeconds: number
  timestamp: Instant
}

/** What a check found. A check that throws is UNHEALTHY, with the message of the error. */
export interface Finding extends Pick<HealthCheck, 'status' | 'detail'> {
  /** What only admins see, after the detail, such as the text of a statement. */
  detailForAdmins?: string
  /** The numbers behind the detail, for Prometheus. */
  measures?: readonly Measure[]
  /** Whether the server is ready with this; unless given, if it is HEALTHY. */
  canServe?: boolean
}

export interface Check {
  name: string
  run(): Promise<Finding> | Finding
}

const SEVERITY: Readonly<Record<HealthStatus, number>> = { HEALTHY: 0, DEGRADED: 1, UNHEALTHY: 2 }
const CHECK_TIMEOUT_MS = 2000

/** Runs all checks at the same time; the status of the whole is that of the worst check. */
export async function checkHealth(
  checks: readonly Check[],
  { version, forAdmin }: { version: string; forAdmin: boolean },
): Promise<Health> {
  const found = await Promise.all(checks.map((check) => runCheck(check, forAdmin)))
  const results = found.map(({ result }) => result)
  const worst = results.reduce<HealthStatus>(
    (status, check) => (SEVERITY[check.status] > SEVERITY[status] ? check.status : status),
    'HEALTHY',
  )
  return {
    status: worst,
    checks: results,
    version,
    uptimeSeconds: process.uptime(),
    timestamp: Date.now() * 1000,
  }
}

/** Runs one check. If it fails or takes too long, it is UNHEALTHY, and the server cannot serve. */
export async function runCheck(
  { name, run }: Check,
  forAdmin: boolean,
): Promise<{ result: HealthCheck; measures: readonly Measure[]; canServe: boolean }> {
  const started = performance.now()
  const late = (): never => {
    throw new Error(`No answer within ${CHECK_TIMEOUT_MS} ms`)
  }
  try {
    const {
      status,
      detail,
      detailForAdmins,
      measures = [],
      canServe = status === 'HEALTHY',
    } = await withTimeout(Promise.resolve().then(run), CHECK_TIMEOUT_MS, late)
    const told = [detail, forAdmin ? detailForAdmins : undefined].filter((part) => part != null)
    const result = {
      name,
      status,
      detail: told.length > 0 ? told.join(': ') : null,
      latencyMs: performance.now() - started,
    }
    return { result, measures, canServe }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    const latencyMs = performance.now() - started
    const result = { name, status: 'UNHEALTHY' as const, detail, latencyMs }
    return { result, measures: [], canServe: false }
  }
}
