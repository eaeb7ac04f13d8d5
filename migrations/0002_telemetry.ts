import { type Kysely, sql } from 'kysely'
import { verifyRelation } from './verify.ts'

const columnComments: Readonly<Record<string, string>> = {
  id: 'Unique by its sequence only: a hypertable has no key without the time',
  plant_id: 'solark.plant.id; 0 where the writer names none',
  timestamp: 'When it was measured',
  soc: 'State of charge, %',
  batt_power: 'W; + discharging, - charging',
  batt_voltage: 'V',
  batt_current: 'A; + discharging, - charging',
  pv_power: 'W, >= 0',
  pv_voltage: 'V',
  pv_current: 'A',
  load_power: 'W, >= 0',
  grid_power: 'W; + importing, - exporting',
  pv_to_grid: 'W of PV going to the grid',
  grid_to_load: 'W of grid power going to the load',
  pv_to_load: 'Whether PV feeds the load',
  pv_to_bat: 'Whether PV charges the battery',
  bat_to_load: 'Whether the battery feeds the load',
  created_at: 'When it was stored',
  txid: 'Transaction that stored it last: the order of commits for the live feed',
}

/** Instants are microseconds in a JavaScript number, which is exact up to the middle of 2255. */
const within = (column: string) =>
  sql`${sql.ref(column)} >= timestamptz '1900-01-01 00:00Z' and ${sql.ref(column)} < timestamptz '2255-01-01 00:00Z'`

/**
 * The table of readings: one row per plant and instant, so that sending a reading again is harmless. A
 * hypertable by timestamp where TimescaleDB 2.18 or later is, else a regular table and the reason in a notice.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.telemetry')
    .addColumn('id', 'bigserial', (column) => column.notNull())
    .addColumn('plant_id', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('timestamp', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('soc', 'double precision')
    .addColumn('batt_power', 'double precision')
    .addColumn('batt_voltage', 'double precision')
    .addColumn('batt_current', 'double precision')
    .addColumn('pv_power', 'double precision')
    .addColumn('pv_voltage', 'double precision')
    .addColumn('pv_current', 'double precision')
    .addColumn('load_power', 'double precision')
    .addColumn('grid_power', 'double precision')
    .addColumn('pv_to_grid', 'double precision')
    .addColumn('grid_to_load', 'double precision')
    .addColumn('pv_to_load', 'boolean')
    .addColumn('pv_to_bat', 'boolean')
    .addColumn('bat_to_load', 'boolean')
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('txid', sql`xid8`, (column) => column.notNull().defaultTo(sql`pg_current_xact_id()`))
    .addCheckConstraint('telemetry_plant_id_check', sql`plant_id >= 0`)
    // What a JavaScript number holds exactly: one reading beyond it would fail every query that meets it.
    .addCheckConstraint(
      'telemetry_id_check',
      sql`id between -9007199254740991 and 9007199254740991`,
    )
    .addCheckConstraint('telemetry_timestamp_check', within('timestamp'))
    .addCheckConstraint('telemetry_created_at_check', within('created_at'))
    // Pages, ranges and the newest reading of one plant.
    .addPrimaryKeyConstraint('telemetry_pkey', ['plant_id', 'timestamp'])
    .execute()

  for (const [column, comment] of Object.entries(columnComments)) {
    await sql`comment on column solark.telemetry.${sql.ref(column)} is ${sql.lit(comment)}`.execute(
      db,
    )
  }
  // Pages over every plant in the order of their cursor, and counts of the last day.
  await db.schema
    .createIndex('telemetry_timestamp_plant_id_idx')
    .on('solark.telemetry')
    .columns(['timestamp', 'plant_id'])
    .execute()
  await makeHypertable(db)
  await verifyRelation(db, 'solark.telemetry')
  await verifyRelation(db, 'solark.telemetry_timestamp_plant_id_idx')
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('solark.telemetry').execute()
}

/**
 * CREATE EXTENSION is tried only where the library is loaded (it has settings then): where it is not, the
 * attempt would be fatal and take the connection along. See docs/decisions/002-chunks.md for the interval.
 */
async function makeHypertable(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    declare
      reason text;
      version int[];
    begin
      if not exists (select from pg_available_extensions where name = 'timescaledb') then
        reason := 'TimescaleDB is not installed';
      elsif not exists (select from pg_extension where extname = 'timescaledb')
        and not exists (select from pg_settings where name = 'timescaledb.disable_load') then
        reason := 'TimescaleDB is installed, but shared_preload_libraries does not name it';
      else
        begin
          create extension if not exists timescaledb;
        exception when insufficient_privilege then
          reason := 'this role may not create the extension timescaledb; let an administrator create it before migrating';
        end;
      end if;
      if reason is null then
        select string_to_array(substring(extversion from '^[0-9]+\\.[0-9]+'), '.')::int[] into version
        from pg_extension where extname = 'timescaledb';
        if version < array[2, 18] then
          reason := format('TimescaleDB %s is older than 2.18', array_to_string(version, '.'));
        end if;
      end if;
      if reason is not null then
        raise notice 'solark.telemetry is a regular table: %', reason;
        return;
      end if;
      perform create_hypertable('solark.telemetry', by_range('timestamp', interval '30 days'),
        create_default_indexes => false);
      if not exists (select from timescaledb_information.hypertables
        where hypertable_schema = 'solark' and hypertable_name = 'telemetry') then
        raise exception 'solark.telemetry is not a hypertable after create_hypertable';
      end if;
      raise notice 'solark.telemetry is a hypertable by timestamp, 30 days a chunk';
    end
    $$`.execute(db)
}
