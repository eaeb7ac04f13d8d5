import { type Kysely, sql } from 'kysely'
import { joinRunning } from '../database/coalesce.ts'
import type { Database } from '../database/database.ts'
import { toDatabaseFault } from '../database/faults.ts'
import { dateOf, type Instant } from '../database/instant.ts'
import type { ListenerState } from '../database/listener.ts'
import { readAppliedMigrations } from '../database/migration-steps.ts'
import type { PoolUse } from '../database/pool.ts'
import type { Schema } from '../database/schema.ts'
import { abridge, Fault } from '../fault.ts'
import { howToRun } from '../how-to-run.ts'
import type { Measure } from '../measure.ts'
import { type FeedLag, readFeedLag } from '../telemetry/changes/feed-lag.ts'
import { readBacklog } from '../telemetry/changes/notes.ts'
import type { LiveFeed } from '../telemetry/feed/live-feed.ts'
import { readsAsEmpty } from '../telemetry/history/rebuild.ts'
import type { IssueTally } from '../telemetry/issue-tally.ts'
import { withTimeout } from '../timeout.ts'
import type { Check, Finding } from './health.ts'
import type { QueryTimes } from './query-times.ts'
import type { Statistics } from './statistics.ts'

/** Whether the database answers, on a connection that requests cannot take. */
export function databaseCheck(database: Pick<Database, 'reserved' | 'unavailableSince'>): Check {
  return {
    name: 'database',
    run: databaseQuery(async () => {
      try {
        const { rows } = await sql<{ version: string }>`
          select current_setting('server_version') as version`.execute(database.reserved)
        return { status: 'HEALTHY', detail: `PostgreSQL ${rows[0]?.version}` }
      } catch (error) {
        const since = database.unavailableSince
        if (since === undefined) throw error
        return { status: 'UNHEALTHY', detail: `unavailable since ${formatTime(since)}` }
      }
    }),
  }
}

/** A shorter wait is normal. */
const LONG_WAIT_MS = 1000

/** Whether requests have to wait for a connection to a database, and may get BUSY. */
export function poolCheck(database: 'primary' | 'replica', use: PoolUse): Check {
  const labels = { database }
  return {
    name: database === 'primary' ? 'pool' : 'replica pool',
    run: () => {
      const { size, inUse, waiting, waitedMs } = use
      const measures = [
        gauge('heliograph_pool_connections_max', 'Connections that requests may use', size),
        gauge('heliograph_pool_connections_used', 'Connections that requests use', inUse),
        gauge('heliograph_pool_waiting', 'Statements that wait for a connection', waiting),
      ].map((measure) => ({ ...measure, labels }))
      if (waitedMs < LONG_WAIT_MS) {
        return { status: 'HEALTHY', detail: `${inUse} of ${size} connections in use`, measures }
      }
      const seconds = (waitedMs / 1000).toFixed(1)
      return {
        status: 'DEGRADED',
        detail: `all ${size} connections in use; ${waiting} requests wait, the first for ${seconds} s`,
        measures,
      }
    },
  }
}

/**
 * Whether the schema is the one that this Heliograph knows. A newer one leaves it ready: during an upgrade the old
 * servers serve until the new ones do.
 */
export function migrationsCheck(kysely: Kysely<Schema>, names: readonly string[]): Check {
  return {
    name: 'migrations',
    run: databaseQuery(async () => {
      const read = await readAppliedMigrations(kysely).catch(missing)
      if (read instanceof Fault) return { status: 'DEGRADED', detail: read.message }
      const applied = read.map(({ name }) => name)
      const unknown = applied.find((name) => !names.includes(name))
      const pending = names.filter((name) => !applied.includes(name)).length
      if (unknown !== undefined) {
        return {
          status: 'DEGRADED',
          detail: `The database is newer than this Heliograph, which does not know its migration ${unknown}`,
          canServe: pending === 0,
        }
      }
      if (pending > 0) {
        return {
          status: 'DEGRADED',
          detail: `${pending} pending: call the mutation runMigration, or ${howToRun('migrate')}`,
        }
      }
      return { status: 'HEALTHY', detail: `${applied.length} applied, none pending` }
    }),
  }
}

const NOT_LISTENING: Record<Exclude<ListenerState, 'listening'>, string> = {
  connecting: 'Not listening to the database; connecting again',
  'not carried':
    'A pooler in transaction mode between this server and the database passes no notifications on: set DATABASE_URL to the database itself',
  'queue full':
    "The database's queue of notifications is more than half full, so none are sent: look for a listener that stays in a transaction",
}

/** Any write transaction holds the feed up for as long as it runs, even one in another database. */
const LONG_HELD_UP_SECONDS = 60

/** Whether notifications of commits arrive, and what holds the feed of every reading up. */
export function liveFeedCheck(liveFeed: LiveFeed, kysely: Kysely<Schema>): Check {
  return {
    name: 'live feed',
    run: databaseQuery(async () => {
      const holdUp = await readFeedLag(kysely).catch(missing)
      const { hearing, subscriptions } = liveFeed
      const detail = [
        ...(hearing === 'listening'
          ? []
          : [`${NOT_LISTENING[hearing]}; until then the database is polled once a second`]),
        `${subscriptions} subscriptions`,
        holdUp instanceof Fault ? holdUp.message : describeHoldUp(holdUp),
      ].join('; ')
      const held = !(holdUp instanceof Fault) && holdUp.seconds > LONG_HELD_UP_SECONDS
      const measures =
        holdUp instanceof Fault
          ? []
          : [
              gauge(
                'heliograph_feed_lag_seconds',
                'For how long committed readings have been kept from subscribers by a running transaction',
                holdUp.seconds,
              ),
            ]
      const status = hearing === 'listening' && !held ? 'HEALTHY' : 'DEGRADED'
      // The cause of a late feed, such as a long transaction, would take all servers out of service at once.
      return { status, detail, measures, canServe: true }
    }),
  }
}

function describeHoldUp({ seconds, by }: FeedLag): string {
  const lag = `telemetry lag ${seconds.toFixed(0)} s`
  return by === null ? lag : `${lag}, held up by ${by}`
}

/** Rollups are made every ten seconds; after an import of millions of readings it may take minutes. */
const LONG_BEHIND_SECONDS = 15 * 60

/** How far the rollups are behind. Meanwhile history is just as right, but is computed from readings. */
export function rollupsCheck(kysely: Kysely<Schema>): Check {
  return {
    name: 'rollups',
    run: databaseQuery(async () => {
      const backlog = await readBacklog(kysely).catch(missing)
      if (backlog instanceof Fault) return { status: 'DEGRADED', detail: backlog.message }
      if (await readsAsEmpty(kysely)) {
        return {
          status: 'DEGRADED',
          detail: `There are readings, but none is counted or the newest of no plant is kept: ${howToRun('rollup', '--rebuild')} repairs that`,
        }
      }
      const { changes, age } = backlog
      const measures = [
        gauge(
          'heliograph_rollup_lag_seconds',
          'Age of the oldest change that is not rolled up',
          age ?? 0,
        ),
        gauge('heliograph_rollup_pending_changes', 'Changes that are not rolled up', changes),
      ]
      if (age === null)
        return { status: 'HEALTHY', detail: 'lag 0 s; everything is rolled up', measures }
      return {
        status: age > LONG_BEHIND_SECONDS ? 'DEGRADED' : 'HEALTHY',
        detail: `lag ${age.toFixed(0)} s; ${changes} changes are not rolled up yet`,
        measures,
      }
    }),
  }
}

/** Values that this server corrected or omitted since it started, because they cannot be right. */
export function valuesCheck(issues: IssueTally): Check {
  return {
    name: 'values',
    run: () => ({
      status: 'HEALTHY',
      detail: issues.count === 0 ? 'none was doubtful' : issues.describe().join('; '),
    }),
  }
}

const PATIENCE_MS = 1000

/** The size of the database, how fast it grows, and the slowest query. */
export function storageCheck(statistics: Statistics, queryTimes: QueryTimes): Check {
  return {
    name: 'storage',
    run: databaseQuery(async () => {
      const bytes = await statistics.databaseSize()
      // Where somebody else dropped chunks, counting may take longer than a check may; the next one has the count.
      const told = await withTimeout(
        statistics.growth().catch(missing),
        PATIENCE_MS,
        () => undefined,
      )
      const growth = told instanceof Fault ? undefined : told
      const slowest = queryTimes.slowest()
      const detail = [
        formatBytes(bytes),
        growth === undefined ? 'growth not known yet' : `${formatBytes(growth)} a day`,
        slowest === undefined
          ? 'no query yet'
          : `slowest query ${slowest.durationMs.toFixed(1)} ms`,
      ].join('; ')
      return {
        status: 'HEALTHY',
        detail,
        ...(slowest === undefined ? {} : { detailForAdmins: oneLine(slowest.sql) }),
      }
    }),
  }
}

/** For `.catch`: returns the fault if a right or a table is missing, which is no outage; throws any other error. */
export function missing(error: unknown): Fault {
  const fault = toDatabaseFault(error) ?? error
  if (fault instanceof Fault && ['DATABASE_FORBIDS', 'SCHEMA_NOT_READY'].includes(fault.code)) {
    return fault
  }
  throw error
}

/** A check that queries the database: once at a time, however many callers ask. An error tells what it means. */
export function databaseQuery(check: () => Promise<Finding>): () => Promise<Finding> {
  return joinRunning(() =>
    check().catch((error) => {
      throw toDatabaseFault(error) ?? error
    }),
  )
}

function gauge(name: string, help: string, value: number): Measure {
  return { name, help, type: 'gauge', value }
}

function formatTime(instant: Instant): string {
  return dateOf(instant).toISOString()
}

function oneLine(text: string): string {
  return abridge(text.replace(/\s+/g, ' ').trim(), 120)
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

function formatBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1)
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`
}
