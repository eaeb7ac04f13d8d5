import type { Kysely } from 'kysely'
import { coalesceReads } from './database/coalesce.ts'
import { readDataVersion } from './database/data-version.ts'
import type { Database } from './database/database.ts'
import { type Migrations, migrate } from './database/migrate.ts'
import type { ReadReplica } from './database/read-replica.ts'
import type { Schema } from './database/schema.ts'
import type { Services } from './graphql/context.ts'
import type { Role } from './graphql/role.ts'
import type { Logger } from './log.ts'
import type { Measure } from './measure.ts'
import {
  databaseCheck,
  liveFeedCheck,
  migrationsCheck,
  poolCheck,
  rollupsCheck,
  storageCheck,
  valuesCheck,
} from './system/checks.ts'
import { type Check, checkHealth, runCheck } from './system/health.ts'
import { measureChecks } from './system/measure-checks.ts'
import { measureDatabase } from './system/measure-database.ts'
import { measureReadings } from './system/measure-readings.ts'
import { createQueryTimes, type QueryTimes } from './system/query-times.ts'
import { replicaCheck } from './system/replica-check.ts'
import { retentionCheck } from './system/retention-check.ts'
import { readSchemaStatus } from './system/schema-status.ts'
import { createSizes } from './system/sizes.ts'
import { createStatistics } from './system/statistics.ts'
import { triggersCheck } from './system/triggers-check.ts'
import { openLiveFeed } from './telemetry/feed/live-feed.ts'
import { IssueTally } from './telemetry/issue-tally.ts'
import { keepPlantLimits } from './telemetry/plant-limits.ts'
import { ReadingTally } from './telemetry/reading-tally.ts'
import { isRetaining, type RetentionPolicy } from './telemetry/retention/policy.ts'
import type { Tracer } from './tracing/tracer.ts'
import { version } from './version.ts'

export interface ServicesOptions {
  database: Database
  replica?: ReadReplica | undefined
  migrations: Migrations
  /** Milliseconds. */
  staleAfter: number
  retention: RetentionPolicy
  /** Milliseconds that readings may wait for a subscriber that does not take them. */
  slowClientTimeout: number
  log: Logger
  tracer?: Tracer | undefined
  queryTimes?: QueryTimes
  /** Checks of parts that are opened elsewhere, such as sources; the list is read at each health request. */
  checks?: readonly Check[]
}

/** Whether requests can be answered and subscribers be reached; if not, why. */
export interface Readiness {
  ready: boolean
  reason?: string
}

export interface OpenServices extends Services, AsyncDisposable {
  /**
   * Returns where an operation reads history, energy, costs, pages and counts. Who may write reads the primary, and so
   * what it has written.
   */
  chooseReads(asked: { role: Role; mayBeOld: boolean }): Kysely<Schema>
  /** Names the data that all operations read now (`readDataVersion`, `ReadReplica.readVersion`). */
  readDataVersion(): Promise<string | undefined>
  checkReadiness(): Promise<Readiness>
  /** The numbers behind all checks but `storage`, which counts the readings of a day, and the size of the database. */
  measure(): Promise<Measure[]>
}

/** Opens what resolvers need on a database. */
export function openServices(options: ServicesOptions): OpenServices {
  const { database, replica, migrations, staleAfter, retention, log, tracer, checks = [] } = options
  const { kysely } = database
  const names = Object.keys(migrations)
  const { slowClientTimeout } = options
  const liveFeed = openLiveFeed(database, { slowClientTimeout, log, tracer })
  const statistics = createStatistics(database)
  const needed = [
    databaseCheck(database),
    migrationsCheck(database.reserved, names),
    liveFeedCheck(liveFeed, database.reserved),
  ]
  const pool = poolCheck('primary', database.poolUse)
  const rollups = rollupsCheck(database.reserved)
  const valueIssues = new IssueTally()
  const recorded = new ReadingTally()
  const values = valuesCheck(valueIssues)
  const triggers = triggersCheck(database.reserved)
  const storage = storageCheck(statistics, options.queryTimes ?? createQueryTimes())
  const retaining = isRetaining(retention) ? [retentionCheck(database.reserved, retention)] : []
  const replicating =
    replica === undefined ? [] : [replicaCheck(replica), poolCheck('replica', replica.poolUse)]
  const quick = [...needed, pool, ...replicating, triggers, values, rollups]
  const healthFor = ({ forAdmin }: { forAdmin: boolean }) =>
    coalesceReads(() =>
      checkHealth([...quick, storage, ...retaining, ...checks], { version, forAdmin }),
    )
  const measure = coalesceReads(async () => {
    const [found, size] = await Promise.all([
      measureChecks([...quick, ...retaining, ...checks]),
      measureDatabase(statistics),
    ])
    return [...found, ...size, ...measureReadings(recorded, valueIssues)]
  })
  const healthForAdmins = healthFor({ forAdmin: true })
  const healthForOthers = healthFor({ forAdmin: false })
  return {
    database,
    liveFeed,
    statistics,
    sizes: createSizes(database.reserved),
    plantLimits: keepPlantLimits(kysely),
    valueIssues,
    recorded,
    staleAfter,
    runMigration: async (choice) => {
      await using session = await database.openSession('migrate')
      const run = await migrate(session, { migrations, ...choice })
      const failed = run.steps.find(({ error }) => error !== null)
      log.info({ status: run.status, error: failed?.error ?? undefined }, 'runMigration')
      return run
    },
    chooseReads: ({ role, mayBeOld }) =>
      role === 'read' && mayBeOld && replica !== undefined ? replica.choose() : kysely,
    readDataVersion: coalesceReads(async () => {
      const [version, ofReplica] = await Promise.all([
        readDataVersion(database.reserved),
        replica?.readVersion(),
      ])
      return version === undefined || ofReplica === undefined ? version : `${version} ${ofReplica}`
    }),
    readSchemaStatus: coalesceReads(() => readSchemaStatus(kysely, names, retention)),
    measure,
    checkHealth: (role) => (role === 'admin' ? healthForAdmins() : healthForOthers()),
    checkReadiness: async () => {
      const found = await Promise.all(needed.map((check) => runCheck(check, false)))
      const fault = found.find(({ canServe }) => !canServe)
      if (fault === undefined) return { ready: true }
      const { name, detail } = fault.result
      return { ready: false, reason: `${name}: ${detail}` }
    },
    [Symbol.asyncDispose]: () => liveFeed[Symbol.asyncDispose](),
  }
}
