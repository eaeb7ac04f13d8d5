import { type Kysely, type RawBuilder, sql } from 'kysely'
import { coalesceReads, keepFor } from '../database/coalesce.ts'
import type { Database } from '../database/database.ts'
import type { Schema } from '../database/schema.ts'
import {
  countReadings,
  keptCounts,
  type ReadingCounts,
  readCounts,
} from '../telemetry/history/reading-counts.ts'
import { readLatestOfAny } from '../telemetry/latest.ts'
import type { StoredReading } from '../telemetry/reading.ts'

/** Counts over the whole database. */
export interface SystemCounts extends AgentCounts {
  totalEnergySnapshots: number
  energySnapshots24h: number
  plants: number
}

export interface Statistics {
  /** As of a moment after the call, in that database. */
  count(kysely: Kysely<Schema>): Promise<SystemCounts>
  /** As readLatestOfAny, as of a moment after the call. */
  latest(): Promise<StoredReading | undefined>
  /** Bytes; at most a minute old, because PostgreSQL looks at every file for it. */
  databaseSize(): Promise<number>
  /** Bytes a day, at most a minute old; undefined while there is too little to judge by. */
  growth(): Promise<number | undefined>
}

/** A response may be used for a second more (src/graphql/cacheable.ts). */
const KEPT_MS = 59_000

export function createStatistics({
  kysely,
  reserved,
}: Pick<Database, 'kysely' | 'reserved'>): Statistics {
  const counts = new WeakMap<Kysely<Schema>, () => Promise<SystemCounts>>()
  return {
    count: (reads) =>
      counts.getOrInsertComputed(reads, () => coalesceReads(() => readSystemCounts(reads)))(),
    latest: coalesceReads(() => readLatestOfAny(kysely)),
    databaseSize: keepFor(KEPT_MS, () => readDatabaseSize(reserved)),
    growth: keepFor(KEPT_MS, () => readGrowth(reserved)),
  }
}

async function readDatabaseSize(kysely: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`
    select pg_database_size(current_database()) as bytes`.execute(kysely)
  return rows[0]?.bytes ?? 0
}

const FEWEST_ROWS_TO_JUDGE = 1000

/** Bytes a day: the readings of the last day at the average size of a reading, indexes and chunks included. */
async function readGrowth(kysely: Kysely<Schema>): Promise<number | undefined> {
  const { rows: tables } = await sql`
    select from pg_tables where schemaname = 'solark' and tablename = 'telemetry'`.execute(kysely)
  if (tables.length === 0) return undefined
  const { rows } = await sql<{ rows: number; bytes: number }>`
    with part as (
      select pg_class.oid, greatest(reltuples::bigint, n_live_tup, 0) as rows
      from pg_class
      left join pg_stat_all_tables on relid = pg_class.oid
      where pg_class.oid = 'solark.telemetry'::regclass
        or pg_class.oid in (select inhrelid from pg_inherits where inhparent = 'solark.telemetry'::regclass)
    )
    select coalesce(sum(rows), 0)::bigint as rows,
      coalesce(sum(pg_total_relation_size(oid)), 0)::bigint as bytes
    from part`.execute(kysely)
  const found = rows[0]
  if (found === undefined || found.rows < FEWEST_ROWS_TO_JUDGE) return undefined
  // Counting them one by one reads the index of a whole day, 3 million entries for 10,000 plants.
  const { lastDay } = await readCounts(kysely)
  return (lastDay * found.bytes) / found.rows
}

/** In one statement: there is so little to read that the number of statements decides how long it takes. */
async function readSystemCounts(kysely: Kysely<Schema>): Promise<SystemCounts> {
  const { rows } = await sql<
    ReadingCounts & { complete: boolean; plants: number; hasAgents: boolean }
  >`
    select kept.*, (select count(*) from solark.plant) as plants, ${hasAgents} as "hasAgents"
    from ${keptCounts()}`.execute(kysely)
  const [known] = rows
  if (known === undefined) throw new Error('Expected one row of counts, got none')
  const { total, lastDay } = known.complete ? known : await countReadings(kysely)
  return {
    totalEnergySnapshots: total,
    energySnapshots24h: lastDay,
    plants: known.plants,
    ...(known.hasAgents ? await countAgents(kysely) : noAgents),
  }
}

/** Counts of tables in the schemas agent and agent_metrics, which other programs own. */
interface AgentCounts {
  totalConversations: number
  conversationsToday: number
  agentEvents24h: number
}

const noAgents: AgentCounts = {
  totalConversations: 0,
  conversationsToday: 0,
  agentEvents24h: 0,
}

/** Whether these schemas exist. */
const hasAgents: RawBuilder<boolean> = sql`exists (
  select from pg_namespace where nspname in ('agent', 'agent_metrics')
)`

/**
 * A table that is missing or may not be read counts as empty. If created_at is missing or no time, no row counts as
 * recent. A time without zone is taken as UTC, the time zone of the session.
 */
async function countAgents(kysely: Kysely<Schema>): Promise<AgentCounts> {
  const { rows: found } = await sql<{ table: string; hasTime: boolean }>`
    select nspname || '.' || relname as table,
      exists (
        select from pg_attribute
        where attrelid = pg_class.oid and attname = 'created_at' and not attisdropped
          and atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
      ) as "hasTime"
    from pg_class
    join pg_namespace on pg_namespace.oid = relnamespace
    where (nspname, relname) in (('agent', 'conversations'), ('agent_metrics', 'agent_events'))
      and relkind in ('r', 'p', 'v', 'm', 'f')
      and has_schema_privilege(pg_namespace.oid, 'USAGE')
      and has_table_privilege(pg_class.oid, 'SELECT')`.execute(kysely)
  if (found.length === 0) return noAgents
  const count = (table: string, since?: string) => {
    const counted = found.find((entry) => entry.table === table)
    if (counted === undefined || (since !== undefined && !counted.hasTime)) return sql`0::bigint`
    return sql`(select count(*) from ${sql.table(table)} ${sql.raw(since ?? '')})`
  }
  const counts = await sql<AgentCounts>`
    select ${count('agent.conversations')} as "totalConversations",
      ${count('agent.conversations', "where created_at >= date_trunc('day', now())")}
        as "conversationsToday",
      ${count('agent_metrics.agent_events', "where created_at > date_trunc('second', now()) - interval '24 hours'")}
        as "agentEvents24h"`.execute(kysely)
  const [row] = counts.rows
  if (row === undefined) throw new Error('Expected one row of counts, got none')
  return row
}
