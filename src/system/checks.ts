import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { readAppliedMigrations } from '../database/applied-migrations.ts'
import { toDatabaseFault } from '../database/faults.ts'
import type { Schema } from '../database/schema.ts'
import type { LiveFeed } from '../telemetry/live-feed.ts'
import type { Check, Finding } from './health.ts'
import type { QueryTimes } from './query-times.ts'
import type { Statistics } from './statistics.ts'

export function databaseCheck(kysely: Kysely<Schema>): Check {
  return {
    name: 'database',
    run: () =>
      told(async () => {
        const { rows } = await sql<{ version: string }>`
          select current_setting('server_version') as version`.execute(kysely)
        return { status: 'HEALTHY', detail: `PostgreSQL ${rows[0]?.version}` }
      }),
  }
}

export function migrationsCheck(kysely: Kysely<Schema>, names: readonly string[]): Check {
  return {
    name: 'migrations',
    run: () =>
      told(async () => {
        const applied = (await readAppliedMigrations(kysely)).map(({ name }) => name)
        const unknown = applied.find((name) => !names.includes(name))
        if (unknown !== undefined) {
          return {
            status: 'DEGRADED',
            detail: `The database is newer than this Heliograph, which does not know its migration ${unknown}`,
          }
        }
        const pending = names.length - applied.length
        if (pending > 0) {
          return {
            status: 'DEGRADED',
            detail: `${pending} pending: call the mutation runMigration, or npm run migrate`,
          }
        }
        return { status: 'HEALTHY', detail: `${applied.length} applied, none pending` }
      }),
  }
}

export function liveFeedCheck(liveFeed: LiveFeed): Check {
  return {
    name: 'live feed',
    run: () =>
      liveFeed.listening
        ? { status: 'HEALTHY', detail: `${liveFeed.subscriptions} subscriptions` }
        : { status: 'DEGRADED', detail: 'Not listening to the database; connecting again' },
  }
}

const PATIENCE_MS = 1000

/** How much there is, how fast it grows, and what is slow. */
export function storageCheck(statistics: Statistics, queryTimes: QueryTimes): Check {
  return {
    name: 'storage',
    run: () =>
      told(async () => {
        const [bytes, growth] = await Promise.all([
          statistics.databaseSize(),
          // Counting the readings of a day may take longer than a check may; then the next one knows.
          Promise.race([statistics.growth(), sleep(PATIENCE_MS, undefined, { ref: false })]),
        ])
        const slowest = queryTimes.slowest()
        const detail = [
          formatBytes(bytes),
          growth === undefined ? 'growth not known yet' : `${formatBytes(growth)} a day`,
          slowest === undefined
            ? 'no query yet'
            : `slowest query ${slowest.durationMs.toFixed(1)} ms: ${abridge(slowest.sql)}`,
        ].join('; ')
        return { status: 'HEALTHY', detail }
      }),
  }
}

/** A check that the database keeps from answering tells why in the words of its fault. */
async function told(check: () => Promise<Finding>): Promise<Finding> {
  try {
    return await check()
  } catch (error) {
    throw toDatabaseFault(error) ?? error
  }
}

function abridge(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 120 ? `${line.slice(0, 120)}…` : line
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

function formatBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1)
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`
}
