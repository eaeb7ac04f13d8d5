import { type Kysely, sql } from 'kysely'

interface Facts {
  available: boolean
  loaded: boolean
  version: string | null
}

/** Returns why solark.telemetry cannot be a hypertable here; null if it can. Writes nothing. */
export async function whyRegular(db: Kysely<unknown>): Promise<string | null> {
  const { available, loaded, version } = await readFacts(db)
  if (version !== null)
    return isRecent(version) ? null : `TimescaleDB ${version} is older than 2.18`
  if (!available) return 'TimescaleDB is not installed'
  if (!loaded) return 'TimescaleDB is installed, but shared_preload_libraries does not name it'
  return null
}

/**
 * Does the same after creating the extension if it is missing. It tries that only if the library is loaded, which its
 * settings tell. Without the library the attempt would be fatal and end the connection.
 */
export async function prepareTimescale(db: Kysely<unknown>): Promise<string | null> {
  const reason = await whyRegular(db)
  if (reason !== null || (await readFacts(db)).version !== null) return reason
  await sql`
    do $$
    begin
      create extension timescaledb;
    exception when insufficient_privilege then
      null;
    end
    $$`.execute(db)
  if ((await readFacts(db)).version === null)
    return 'this role may not create the extension timescaledb; let an administrator create it before migrating'
  return whyRegular(db)
}

/** Converts an empty table into a hypertable. See docs/decisions/002-chunks.md for the interval. */
export async function makeHypertable(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`
    select create_hypertable(${sql.lit(table)}, by_range('timestamp', interval '30 days'),
      create_default_indexes => false)`.execute(db)
  if (!(await isHypertable(db, table)))
    throw new Error(`${table} is not a hypertable after create_hypertable`)
}

export async function isHypertable(db: Kysely<unknown>, table: string): Promise<boolean> {
  if ((await readFacts(db)).version === null) return false
  const { rows } = await sql`
    select from timescaledb_information.hypertables
    where to_regclass(format('%I.%I', hypertable_schema, hypertable_name)) = to_regclass(${table})`.execute(
    db,
  )
  return rows.length > 0
}

async function readFacts(db: Kysely<unknown>): Promise<Facts> {
  const { rows } = await sql<Facts>`
    select exists (select from pg_available_extensions where name = 'timescaledb') as available,
      exists (select from pg_settings where name = 'timescaledb.disable_load') as loaded,
      (select extversion from pg_extension where extname = 'timescaledb') as version`.execute(db)
  const [facts] = rows
  if (facts === undefined) throw new Error('Expected one row of facts, got none')
  return facts
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat)
  return major > 2 || (major === 2 && minor >= 18)
}
