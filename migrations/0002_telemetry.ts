import { type Kysely, sql } from 'kysely'
import { adopt, isThere, planAdoption } from './adopt/adopt.ts'
import { makeHypertable, prepareTimescale } from './hypertable.ts'
import { raiseNotice } from './notice.ts'
import { telemetryChecks } from './telemetry-checks.ts'
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

/**
 * The table of readings: one row per plant and instant, so that sending a reading again is harmless. A
 * hypertable by timestamp where TimescaleDB 2.18 or later is, else a regular table and the reason in a notice.
 * An older solark.telemetry is adopted with every row; docs/decisions/005-adoption.md says how.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  if (await isThere(db)) await adopt(db)
  else await createTelemetry(db)

  await commentColumns(db)
  // Pages over every plant in the order of their cursor, and counts of the last day.
  await db.schema
    .createIndex('telemetry_timestamp_plant_id_idx')
    .on('solark.telemetry')
    .columns(['timestamp', 'plant_id'])
    .execute()
  await sql`analyze solark.telemetry`.execute(db)
  await tellStorage(db)
  await verifyRelation(db, 'solark.telemetry')
  await verifyRelation(db, 'solark.telemetry_timestamp_plant_id_idx')
}

/** What `up` would do with a solark.telemetry that is there, in sentences. Writes nothing. */
export function plan(db: Kysely<unknown>): Promise<string[]> {
  return planAdoption(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql`
    select where to_regclass('solark.telemetry_duplicate') is not null`.execute(db)
  if (rows.length > 0) {
    throw new Error(
      'The adoption of an existing solark.telemetry is irreversible: restore a backup from before it instead',
    )
  }
  await db.schema.dropTable('solark.telemetry').execute()
}

async function createTelemetry(db: Kysely<unknown>): Promise<void> {
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
    // Pages, ranges and the newest reading of one plant.
    .addPrimaryKeyConstraint('telemetry_pkey', ['plant_id', 'timestamp'])
    .execute()
  for (const [name, check] of Object.entries(telemetryChecks)) {
    await sql`alter table solark.telemetry add constraint ${sql.id(name)} check (${check})`.execute(
      db,
    )
  }
  if ((await prepareTimescale(db)) === null) await makeHypertable(db, 'solark.telemetry')
}

/** Whatever somebody said about a column of an adopted table stays. */
async function commentColumns(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select attname::text as name from pg_attribute
    where attrelid = 'solark.telemetry'::regclass and attnum > 0 and not attisdropped
      and col_description(attrelid, attnum) is null`.execute(db)
  for (const { name } of rows) {
    const comment = columnComments[name]
    if (comment === undefined) continue
    await sql`comment on column solark.telemetry.${sql.ref(name)} is ${sql.lit(comment)}`.execute(
      db,
    )
  }
}

async function tellStorage(db: Kysely<unknown>): Promise<void> {
  const reason = await prepareTimescale(db)
  await raiseNotice(
    db,
    reason === null
      ? 'solark.telemetry is a hypertable by timestamp, 30 days a chunk'
      : `solark.telemetry is a regular table: ${reason}`,
  )
}
