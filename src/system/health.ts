import type { Instant } from '../database/instant.ts'

export type HealthStatus = 'HEALTHY' | 'DEGRADED' | 'UNHEALTHY'

/** One thing that was looked at. */
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

/** What a check found; one that throws is UNHEALTHY with the message of the error. */
export type Finding = Pick<HealthCheck, 'status' | 'detail'>

export interface Check {
  name: string
  run(): Promise<Finding> | Finding
}

const SEVERITY: Readonly<Record<HealthStatus, number>> = { HEALTHY: 0, DEGRADED: 1, UNHEALTHY: 2 }
const CHECK_TIMEOUT_MS = 2000

/** Runs every check side by side; the whole is as well as its worst check. */
export async function checkHealth(checks: readonly Check[], version: string): Promise<Health> {
  const results = await Promise.all(checks.map(runCheck))
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

async function runCheck({ name, run }: Check): Promise<HealthCheck> {
  const started = performance.now()
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => timeout.reject(new Error(`No answer within ${CHECK_TIMEOUT_MS} ms`)),
    CHECK_TIMEOUT_MS,
  )
  try {
    const finding = await Promise.race([Promise.resolve().then(run), timeout.promise])
    return { name, ...finding, latencyMs: performance.now() - started }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    return { name, status: 'UNHEALTHY', detail, latencyMs: performance.now() - started }
  } finally {
    clearTimeout(timer)
  }
}
