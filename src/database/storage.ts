import { type Kysely, sql } from 'kysely'
import { howToRun } from '../how-to-run.ts'
import type { Schema } from './schema.ts'

export type StorageKind = 'HYPERTABLE' | 'REGULAR_TABLE' | 'MISSING'

/** Which kind of table keeps the readings, and why. */
export interface Storage {
  kind: StorageKind
  timescaledbVersion: string | null
  /** `timescale` or `apache`; compression and policies need the former. */
  timescaledbLicense: string | null
  /** Why the table is a regular one or missing; null for a hypertable. */
  reason: string | null
}

interface Facts {
  /** pg_class.relkind of what is called solark.telemetry; null: nothing is. */
  relation: string | null
  version: string | null
  license: string | null
  available: boolean
  loaded: boolean
}

export async function readStorage(kysely: Kysely<Schema>): Promise<Storage> {
  const { rows } = await sql<Facts>`
    select (
        select relkind::text from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where nspname = 'solark' and relname = 'telemetry'
      ) as relation,
      (select extversion from pg_extension where extname = 'timescaledb') as version,
      current_setting('timescaledb.license', true) as license,
      exists (select from pg_available_extensions where name = 'timescaledb') as available,
      exists (select from pg_settings where name = 'timescaledb.disable_load') as loaded`.execute(
    kysely,
  )
  const [facts] = rows
  if (facts === undefined) throw new Error('Expected one row of facts, got none')
  const { version, license, relation } = facts
  const found = { timescaledbVersion: version, timescaledbLicense: version && license }
  if (relation !== 'r') {
    return { kind: 'MISSING', ...found, reason: whyMissing(relation) }
  }
  if (version !== null && (await isHypertable(kysely))) {
    return { kind: 'HYPERTABLE', ...found, reason: null }
  }
  return { kind: 'REGULAR_TABLE', ...found, reason: whyRegular(facts) }
}

/** Why chunks cannot be compressed here; null if they can. */
export function whyNotCompressed({ kind, reason, timescaledbLicense }: Storage): string | null {
  if (kind !== 'HYPERTABLE') return reason
  if (timescaledbLicense === 'timescale') return null
  return `TimescaleDB compresses under the licence timescale alone, and runs under ${timescaledbLicense} here`
}

/** Whether compression is enabled for the hypertable solark.telemetry. */
export async function isCompressionEnabled(kysely: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql`
    select from timescaledb_information.hypertables
    where hypertable_schema = 'solark' and hypertable_name = 'telemetry' and compression_enabled`.execute(
    kysely,
  )
  return rows.length > 0
}

async function isHypertable(kysely: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql`
    select from timescaledb_information.hypertables
    where hypertable_schema = 'solark' and hypertable_name = 'telemetry'`.execute(kysely)
  return rows.length > 0
}

/** Loses no reading: see migrations/functions/has_empty_chunks.sql. */
const CONVERSION =
  "SELECT create_hypertable('solark.telemetry', by_range('timestamp', interval '30 days'), create_default_indexes => false, migrate_data => true)"

const RELATIONS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  p: 'a partitioned table',
  f: 'a foreign table',
}

const CURE = `call the mutation runMigration, or ${howToRun('migrate')}`

function whyMissing(relation: string | null): string {
  if (relation === null) return `solark.telemetry does not exist: ${CURE}`
  const what = RELATIONS[relation] ?? 'no table'
  return `solark.telemetry is ${what}, and keeps no readings itself: rename or drop it, then ${CURE}`
}

function whyRegular({ version, available, loaded }: Facts): string {
  if (version !== null) {
    return `it was made before TimescaleDB ${version} could be used: while nobody writes, its owner can make it one with ${CONVERSION}`
  }
  if (!available) return 'TimescaleDB is not installed'
  if (!loaded) return 'TimescaleDB is installed, but shared_preload_libraries does not name it'
  return 'the extension timescaledb was not created in this database when the table was made'
}
