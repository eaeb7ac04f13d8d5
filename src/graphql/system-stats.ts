import type { SystemCounts } from '../system/statistics.ts'
import { builder } from './builder.ts'
import { cacheable, cacheableWithinSecond, notCacheable } from './cacheable.ts'
import { STATEMENT } from './query-cost.ts'
import { TelemetryRef } from './telemetry.ts'

const SystemStats = builder.objectRef<SystemCounts>('SystemStats').implement({
  description: 'What is stored, in numbers.',
  extensions: cacheable,
  fields: (t) => ({
    totalEnergySnapshots: t.expose('totalEnergySnapshots', {
      type: 'SafeInt',
      description: 'Readings that are stored; exact.',
    }),
    energySnapshots24h: t.expose('energySnapshots24h', {
      type: 'SafeInt',
      description: 'Readings measured in the last 24 hours, by a clock of whole seconds; exact.',
      extensions: cacheableWithinSecond,
    }),
    totalConversations: t.expose('totalConversations', {
      type: 'SafeInt',
      description:
        'Rows of agent.conversations, which another program owns; at most a second old; 0 if there is no such table.',
      extensions: cacheableWithinSecond,
    }),
    conversationsToday: t.expose('conversationsToday', {
      type: 'SafeInt',
      description: 'Those of them with created_at since midnight UTC.',
      extensions: cacheableWithinSecond,
    }),
    agentEvents24h: t.expose('agentEvents24h', {
      type: 'SafeInt',
      description:
        'Rows of agent_metrics.agent_events of the last 24 hours by created_at; 0 if there is no such table.',
      extensions: cacheableWithinSecond,
    }),
    latestEnergy: t.field({
      type: TelemetryRef,
      nullable: true,
      complexity: STATEMENT,
      description: 'The same as the query latestEnergy without plantId.',
      resolve: async (_, __, { statistics }) => (await statistics.latest()) ?? null,
    }),
    plants: t.exposeInt('plants'),
    liveSubscriptions: t.int({
      description: 'Of this server process.',
      extensions: notCacheable,
      resolve: (_, __, { liveFeed }) => liveFeed.subscriptions,
    }),
    databaseSizeBytes: t.field({
      type: 'SafeInt',
      description: 'At most a minute old.',
      extensions: cacheableWithinSecond,
      resolve: (_, __, { statistics }) => statistics.databaseSize(),
    }),
    timestamp: t.field({
      type: 'DateTime',
      extensions: notCacheable,
      resolve: () => new Date(),
    }),
  }),
})

builder.queryField('systemStats', (t) =>
  t.field({
    type: SystemStats,
    extensions: cacheable,
    complexity: 2 * STATEMENT,
    resolve: (_, __, { statistics, reads }) => statistics.count(reads),
  }),
)
