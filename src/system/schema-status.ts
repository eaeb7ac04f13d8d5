import { type Kysely, sql } from 'kysely'
import { type MigrationStep, readAppliedMigrations, stepsOf } from '../database/migration-steps.ts'
import type { Schema } from '../database/schema.ts'
import { readStorage, type Storage, whyNotCompressed } from '../database/storage.ts'
import { Fault } from '../fault.ts'
import type { RetentionPolicy } from '../telemetry/retention/policy.ts'

export interface ColumnStatus {
  name: string
  type: string
  nullable: boolean
  comment: string | null
}

export interface IndexStatus {
  name: string
  definition: string
  sizeBytes: number
}

export interface TableStatus {
  schema: string
  name: string
  /** table, partitioned table, hypertable, view, materialized view or foreign table. */
  kind: string
  /** The planner's estimate; systemStats has exact counts. */
  estimatedRows: number
  /** With indexes, TOAST and chunks. */
  sizeBytes: number
  columns: ColumnStatus[]
  indexes: IndexStatus[]
}

export interface Extension {
  name: string
  version: string
}

export interface Hypertable {
  schema: string
  name: string
  chunks: number
  /** ISO 8601. */
  chunkInterval: string
  compressionEnabled: boolean
  /** ISO 8601; null: kept for ever. */
  retention: string | null
}

/** How long readings and rollups are kept, in ISO 8601; null: for ever. */
export interface StorageStatus extends Storage {
  retention: string | null
  rollupRetention: string | null
  /** null: nothing is compressed. */
  compressAfter: string | null
  /** Why nothing is compressed although COMPRESS_AFTER_DAYS is set. */
  compressionReason: string | null
}

export interface SchemaStatus {
  serverVersion: string
  storage: StorageStatus
  tables: TableStatus[]
  extensions: Extension[]
  hypertables: Hypertable[]
  /** Or why this role may not know them. */
  migrations: MigrationStep[] | Fault
}

/** Reads the catalog, in a fixed number of queries whatever the number of tables and chunks. */
export async function readSchemaStatus(
  kysely: Kysely<Schema>,
  migrationNames: readonly string[],
  policy: RetentionPolicy,
): Promise<SchemaStatus> {
  const [storage, server, migrations] = await Promise.all([
    readStorage(kysely),
    readServer(kysely),
    readMigrations(kysely, migrationNames),
  ])
  const hasTimescale = storage.timescaledbVersion !== null
  const [tables, hypertables] = await Promise.all([
    readTables(kysely, hasTimescale),
    hasTimescale ? readHypertables(kysely, policy) : [],
  ])
  return {
    ...server,
    storage: { ...storage, ...inForce(policy, storage, hypertables) },
    tables,
    hypertables,
    migrations,
  }
}

const NOT_ENABLED =
  'it is not enabled for solark.telemetry yet: the next run of retention does that, and health tells what became of it'

function isTelemetry({ schema, name }: Pick<Hypertable, 'schema' | 'name'>): boolean {
  return schema === 'solark' && name === 'telemetry'
}

function inForce(
  { readings, rollups, compressAfter }: RetentionPolicy,
  storage: Storage,
  hypertables: readonly Hypertable[],
): Omit<StorageStatus, keyof Storage> {
  const isEnabled = hypertables.some((table) => isTelemetry(table) && table.compressionEnabled)
  const cannot =
    compressAfter === undefined || isEnabled ? null : (whyNotCompressed(storage) ?? NOT_ENABLED)
  return {
    retention: daysOf(readings),
    rollupRetention: daysOf(rollups),
    compressAfter: cannot === null ? daysOf(compressAfter) : null,
    compressionReason: cannot,
  }
}

async function readMigrations(
  kysely: Kysely<Schema>,
  names: readonly string[],
): Promise<MigrationStep[] | Fault> {
  try {
    return stepsOf(names, await readAppliedMigrations(kysely))
  } catch (error) {
    if (error instanceof Fault && error.code === 'DATABASE_FORBIDS') return error
    throw error
  }
}

async function readServer(
  kysely: Kysely<Schema>,
): Promise<Pick<SchemaStatus, 'serverVersion' | 'extensions'>> {
  const { rows } = await sql<{ serverVersion: string; extensions: Extension[] }>`
    select current_setting('server_version') as "serverVersion",
      (select coalesce(json_agg(json_build_object('name', extname, 'version', extversion) order by extname), '[]')
        from pg_extension) as extensions`.execute(kysely)
  const [server] = rows
  if (server === undefined) throw new Error('Expected one row about the server, got none')
  return server
}

/** Chunks and the catalogs of TimescaleDB are left out: a hypertable stands for its chunks. */
async function readTables(kysely: Kysely<Schema>, hasTimescale: boolean): Promise<TableStatus[]> {
  const isHypertable = hasTimescale
    ? sql`exists (select from timescaledb_information.hypertables as hypertable
        where hypertable.hypertable_schema = nspname and hypertable.hypertable_name = pg_class.relname)`
    : sql`false`
  const size = hasTimescale
    ? sql`case when is_hypertable then hypertable_size(relation.oid) else pg_total_relation_size(relation.oid) end`
    : sql`pg_total_relation_size(relation.oid)`
  const rowCount = hasTimescale
    ? sql`case when is_hypertable then approximate_row_count(relation.oid) else known_rows end`
    : sql`known_rows`
  const indexSize = hasTimescale
    ? sql`case when is_hypertable then hypertable_index_size(indexrelid) else pg_relation_size(indexrelid) end`
    : sql`pg_relation_size(indexrelid)`
  const { rows } = await sql<TableStatus>`
    with relation as (
      select pg_class.oid, nspname, pg_class.relname, relkind, ${isHypertable} as is_hypertable,
        greatest(reltuples::bigint, n_live_tup, 0) as known_rows
      from pg_class
      join pg_namespace on pg_namespace.oid = relnamespace
      left join pg_stat_all_tables on relid = pg_class.oid
      where relkind in ('r', 'p', 'v', 'm', 'f')
        and nspname !~ '^pg_' and nspname !~ '^_?timescaledb_' and nspname <> 'information_schema'
        and not exists (select from pg_depend
          where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
    )
    select nspname as schema, relname as name,
      case when is_hypertable then 'hypertable' else
        (jsonb_build_object('r', 'table', 'p', 'partitioned table', 'v', 'view', 'm', 'materialized view',
          'f', 'foreign table') ->> relkind::text) end as kind,
      ${rowCount} as "estimatedRows",
      ${size} as "sizeBytes",
      (select coalesce(json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod),
          'nullable', not attnotnull, 'comment', col_description(relation.oid, attnum)) order by attnum), '[]')
        from pg_attribute where attrelid = relation.oid and attnum > 0 and not attisdropped) as columns,
      (select coalesce(json_agg(json_build_object('name', index.relname,
          'definition', pg_get_indexdef(indexrelid), 'sizeBytes', ${indexSize}) order by index.relname), '[]')
        from pg_index join pg_class as index on index.oid = indexrelid where indrelid = relation.oid) as indexes
    from relation
    order by nspname, relname`.execute(kysely)
  return rows
}

/** A retention policy of TimescaleDB itself counts too: the shorter one is in force. */
async function readHypertables(
  kysely: Kysely<Schema>,
  { readings }: RetentionPolicy,
): Promise<Hypertable[]> {
  const { rows } = await sql<
    Omit<Hypertable, 'chunkInterval' | 'retention'> & {
      chunkSeconds: number
      retentionSeconds: number | null
    }
  >`
    select hypertable.hypertable_schema as schema, hypertable.hypertable_name as name,
      hypertable.num_chunks::integer as chunks,
      hypertable.compression_enabled as "compressionEnabled",
      extract(epoch from dimension.time_interval)::float8 as "chunkSeconds",
      (select extract(epoch from (config ->> 'drop_after')::interval)::float8
        from timescaledb_information.jobs
        where proc_name = 'policy_retention'
          and jobs.hypertable_schema = hypertable.hypertable_schema
          and jobs.hypertable_name = hypertable.hypertable_name) as "retentionSeconds"
    from timescaledb_information.hypertables as hypertable
    join timescaledb_information.dimensions as dimension
      on dimension.hypertable_schema = hypertable.hypertable_schema
      and dimension.hypertable_name = hypertable.hypertable_name
      and dimension.dimension_number = 1
    where dimension.time_interval is not null
    order by 1, 2`.execute(kysely)
  return rows.map(({ chunkSeconds, retentionSeconds, ...hypertable }) => {
    const ours =
      isTelemetry(hypertable) && readings !== undefined ? readings * DAY_SECONDS : Infinity
    const retention = Math.min(ours, retentionSeconds ?? Infinity)
    return {
      ...hypertable,
      chunkInterval: durationOf(chunkSeconds),
      retention: retention === Infinity ? null : durationOf(retention),
    }
  })
}

const DAY_SECONDS = 86_400

function daysOf(days: number | undefined): string | null {
  return days === undefined ? null : durationOf(days * DAY_SECONDS)
}

function durationOf(seconds: number): string {
  return seconds % DAY_SECONDS === 0 ? `P${seconds / DAY_SECONDS}D` : `PT${seconds}S`
}
