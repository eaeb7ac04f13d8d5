import { dateOf } from '../database/instant.ts'
import type { HealthCheck as Check, Health as Report } from '../system/health.ts'
import { builder } from './builder.ts'
import { STATEMENT } from './query-cost.ts'

const HealthStatus = builder.enumType('HealthStatus', {
  description: 'The whole has the status of its worst check.',
  values: ['HEALTHY', 'DEGRADED', 'UNHEALTHY'] as const,
})

const HealthCheck = builder.objectRef<Check>('HealthCheck').implement({
  description:
    'One check: database, migrations, live feed, pool (connections for requests), storage (size, growth per day, slowest query, whose text only admins see), each source, retention (if it is configured), rollups, triggers, values (what recordTelemetry corrected or omitted since the server started), limits (of connections, subscriptions and memory) and, with the embedded database, disk.',
  fields: (t) => ({
    name: t.exposeString('name'),
    status: t.expose('status', { type: HealthStatus }),
    detail: t.exposeString('detail', { nullable: true }),
    latencyMs: t.exposeFloat('latencyMs', { nullable: true }),
  }),
})

const Health = builder.objectRef<Report>('Health').implement({
  description: 'The state of the server and of what it depends on.',
  fields: (t) => ({
    status: t.expose('status', { type: HealthStatus }),
    checks: t.expose('checks', { type: [HealthCheck] }),
    version: t.exposeString('version'),
    uptimeSeconds: t.exposeFloat('uptimeSeconds', { description: 'Of this server process.' }),
    timestamp: t.field({ type: 'DateTime', resolve: ({ timestamp }) => dateOf(timestamp) }),
  }),
})

builder.queryField('health', (t) =>
  t.field({
    type: Health,
    complexity: STATEMENT,
    description: 'The state of the server and of what it depends on; also at /health as JSON.',
    resolve: (_, __, { checkHealth, role }) => checkHealth(role),
  }),
)
