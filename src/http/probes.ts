import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Role } from '../graphql/role.ts'
import type { RoleOf } from './auth.ts'
import { replyJson } from './reply.ts'

/** What `/health` answers: a status, what was looked at, and whatever else is known. */
export type Health = {
  status: 'HEALTHY' | 'DEGRADED' | 'UNHEALTHY'
  checks: unknown[]
} & Record<string, unknown>

export interface ProbeOptions {
  health: (role: Role) => Promise<Health>
  ready: () => Promise<{ ready: boolean; reason?: string }>
}

type Probe = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/**
 * What supervisors and load balancers ask, by path: `/livez`, is the process alive; `/readyz`, can
 * it serve; `/health`, all that is known, of which a caller without the role read gets the status.
 */
export function createProbes(
  { health, ready }: ProbeOptions,
  access: { roleOf: RoleOf; publicRead: boolean },
): ReadonlyMap<string, Probe> {
  return new Map<string, Probe>([
    ['/livez', (_, response) => replyJson(response, 200, { status: 'ALIVE' })],
    [
      '/readyz',
      async (_, response) => {
        const state = await ready()
        replyJson(response, state.ready ? 200 : 503, state)
      },
    ],
    [
      '/health',
      async ({ headers: { authorization } }, response) => {
        const isReader = access.publicRead || authorization !== undefined
        const role = isReader ? access.roleOf(authorization) : 'read'
        const state = await health(role)
        const status = state.status === 'UNHEALTHY' ? 503 : 200
        replyJson(response, status, isReader ? state : { status: state.status })
      },
    ],
  ])
}
