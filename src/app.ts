import { hash } from 'node:crypto'
import { migrations } from '../migrations/index.ts'
import { readRaisedAlerts } from './alerts/alert-state.ts'
import { startAlerts } from './alerts/alerts.ts'
import { collectSlowQueries } from './alerts/slow-queries.ts'
import type { Config } from './config.ts'
import { openConfiguredDatabase } from './database/configured-database.ts'
import { dateOf } from './database/instant.ts'
import { runOperation } from './database/operation.ts'
import { isReplicaError, openReadReplica } from './database/read-replica.ts'
import type { Storage } from './database/storage.ts'
import { Fault } from './fault.ts'
import { createContext } from './graphql/context.ts'
import { schema } from './graphql/schema.ts'
import { loadAdminToken } from './http/admin-token.ts'
import type { TrustedDocuments } from './http/operations/persisted-operations.ts'
import { openHttpServer } from './http/server.ts'
import { readTrustedDocuments } from './http/trusted-documents.ts'
import type { Logger } from './log.ts'
import { openHomeAssistant } from './outputs/home-assistant/open-home-assistant.ts'
import { openServices, type Readiness } from './services.ts'
import { readConfiguration } from './sources/configuration.ts'
import { openSources } from './sources/open-sources.ts'
import { missing } from './system/checks.ts'
import { diskCheck } from './system/disk-check.ts'
import type { Check } from './system/health.ts'
import { openLimitsCheck } from './system/limits-check.ts'
import { createQueryTimes } from './system/query-times.ts'
import { readSchemaStatus } from './system/schema-status.ts'
import { startRollupWorker } from './telemetry/history/rollup-worker.ts'
import { isRetaining } from './telemetry/retention/policy.ts'
import { startRetention } from './telemetry/retention/schedule.ts'
import { openTracer } from './tracing/open-tracer.ts'
import * as documentsOfPage from './web/generated/graphql.ts'

/** The running system, and what its start should tell a person. */
export interface App extends AsyncDisposable {
  readonly url: string
  /** Where the readings are kept. */
  readonly data: string
  readonly storage: Storage
  /** What `/readyz` says. */
  readonly readiness: () => Promise<Readiness>
  /** Whether reading needs no token. */
  readonly publicRead: boolean
  /** Where the admin token is. */
  readonly adminToken: string
  readonly simulatedPlants: number
  readonly sources: readonly { name: string; kind: string; plantId: number }[]
}

/**
 * Opens every part in order; they close in reverse order. Throws a Fault with the cure if one cannot be opened, and the
 * reason of the signal if it aborts while another process is waited for.
 */
export async function openApp(config: Config, log: Logger, signal?: AbortSignal): Promise<App> {
  await using opening = new AsyncDisposableStack()
  // Opened first, so that it closes last, and has the last of what is done.
  const tracer = config.tracing && opening.use(await openTracer(config.tracing, log))
  const queryTimes = createQueryTimes()
  const slowQueries = collectSlowQueries(config.alerts.slowQuery)
  const onQuery = (query: { sql: string; durationMs: number }) => {
    queryTimes.record(query)
    slowQueries.record(query)
  }
  const opened = opening.use(
    await openConfiguredDatabase(config, {
      role: 'server',
      migrations: config.migrateOnStart ? migrations : undefined,
      closing: signal,
      onIdleError: (error) => log.warn({ err: error }, 'A connection to the database broke'),
      onOutage: (cause) => log.warn({ err: cause }, 'The database cannot be reached; retrying'),
      onRestored: ({ since }) =>
        log.info({ since: dateOf(since) }, 'The database can be reached again'),
      onQuery,
      onStatement: tracer?.addStatement,
      log,
    }),
  )
  const { database, disk, notices } = opened
  const replica =
    config.databaseReadUrl === undefined
      ? undefined
      : opening.use(
          openReadReplica({
            primary: database,
            url: config.databaseReadUrl,
            poolSize: config.databasePoolSize,
            statementTimeout: config.statementTimeout,
            longestLag: config.databaseReadLag,
            closing: signal,
            onIdleError: (error) => log.warn({ err: error }, 'A connection to the replica broke'),
            onQuery,
            onStatement: tracer?.addStatement,
            log,
          }),
        )
  for (const notice of notices) log.info(notice)
  const status = await readSchemaStatus(database.kysely, Object.keys(migrations), config.retention)

  const checks: Check[] = []
  const services = opening.use(
    openServices({
      database,
      replica,
      migrations,
      staleAfter: config.staleAfter,
      retention: config.retention,
      slowClientTimeout: config.slowClientTimeout,
      log,
      tracer,
      queryTimes,
      checks,
    }),
  )
  if (disk !== undefined) checks.push(diskCheck(disk))
  opening.use(
    startRollupWorker(database, {
      maxGap: config.maxGap,
      feedRetention: feedRetentionOf(config),
      log,
    }),
  )
  if (isRetaining(config.retention)) {
    opening.use(startRetention(database, { policy: config.retention, log }))
  }
  const { dataDir } = config
  const { sources: configured, homeAssistant } = await readConfiguration(config.sourcesFile)
  const simulatedPlants =
    config.simulate ?? (config.databaseUrl === undefined && configured.length === 0 ? 1 : 0)
  const sources = opening.use(
    await openSources(configured, {
      kysely: database.kysely,
      plantLimits: services.plantLimits,
      dataDir,
      simulated: simulatedPlants,
      environment: process.env,
      log,
      tracer,
    }),
  )
  checks.push(...sources.checks)
  if (homeAssistant !== undefined) {
    const { sourcesFile: file } = config
    opening.use(
      openHomeAssistant(homeAssistant, {
        kysely: database.kysely,
        staleAfter: config.staleAfter,
        readAlerts: async () => {
          const alerts = await readRaisedAlerts(database.reserved).catch(missing)
          return alerts instanceof Fault ? undefined : alerts
        },
        environment: process.env,
        file,
        log,
      }),
    )
  }
  const trustedDocuments = await openTrustedDocuments(config)
  const admin =
    config.tokens.admin === undefined
      ? await loadAdminToken(dataDir)
      : { token: config.tokens.admin, file: undefined }
  const http = opening.use(
    await openHttpServer({
      schema,
      contextOf: (asked) => createContext(services, asked.role, services.chooseReads(asked)),
      readDataVersion: services.readDataVersion,
      ...(replica === undefined ? {} : { mayRepeat: isReplicaError }),
      sizes: services.sizes,
      runOperation: ({ client, writes }, run) =>
        runOperation({ client, timeoutMs: config.operationTimeout, cancels: !writes }, run),
      trustedDocuments,
      config,
      adminToken: admin.token,
      log,
      tracer,
      translate: opened.explain,
      health: async (role) => {
        const health = await services.checkHealth(role)
        return { ...health, timestamp: dateOf(health.timestamp).toISOString() }
      },
      ready: services.checkReadiness,
      measure: services.measure,
      readExample: async () => {
        const latest = await services.statistics.latest()
        if (latest === undefined) return undefined
        const day = dateOf(latest.timestamp).toISOString().slice(0, 10)
        return { plantId: latest.plantId, day }
      },
    }),
  )
  checks.push(opening.use(openLimitsCheck(() => http.usage())))
  const { webhook, ...limits } = config.alerts
  if (webhook !== undefined || homeAssistant !== undefined) {
    opening.use(
      startAlerts({
        signs: {
          kysely: database.reserved,
          runChecks: async () => (await services.checkHealth('read')).checks,
          databaseSize: services.statistics.databaseSize,
          disk,
          slowQueries,
        },
        limits: { staleAfter: config.staleAfter, ...limits },
        webhook,
        log,
      }),
    )
  } else if (Object.values(limits).some((limit) => limit !== undefined)) {
    log.warn(
      'STORAGE_LIMIT, SLOW_QUERY and DISK_FULL_DAYS do nothing: alerts need ALERT_WEBHOOK, or homeAssistant in the configuration file',
    )
  }
  const open = opening.move()
  return {
    url: http.url,
    data:
      disk === undefined
        ? `PostgreSQL ${status.serverVersion} of DATABASE_URL`
        : `${dataDir} (embedded PostgreSQL ${status.serverVersion})`,
    storage: status.storage,
    adminToken: admin.file ?? 'ADMIN_TOKEN',
    readiness: services.checkReadiness,
    publicRead: config.publicRead,
    simulatedPlants,
    sources: configured.map(({ name, kind, plantId }) => ({ name, kind: kind.kind, plantId })),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** The documents that clients may send by their id, those of the page among them. */
async function openTrustedDocuments({
  trustedDocuments: path,
  trustedDocumentsOnly: only,
}: Config): Promise<TrustedDocuments | undefined> {
  if (path === undefined) return undefined
  const byId = new Map(await readTrustedDocuments(path))
  for (const document of Object.values(documentsOfPage)) {
    if (typeof document === 'object') byId.set(hash('sha256', `${document}`), `${document}`)
  }
  return { byId, only }
}

/** The feed cannot be resumed from before readings that were dropped. */
function feedRetentionOf({ feedRetention, retention }: Config): number {
  return Math.min(feedRetention, retention.readings ?? feedRetention)
}
