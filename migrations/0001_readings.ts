import { type Kysely, sql } from 'kysely'
import { quantities } from '../src/quantities.ts'
import { adopt, isThere, planAdoption } from './adopt/adopt.ts'
import { applyFunctions } from './apply-functions.ts'
import { makeHypertable, prepareTimescale } from './hypertable.ts'
import { raiseNotice } from './notice.ts'
import { asComment, sqlTypes } from './quantity-columns.ts'
import { telemetryChecks } from './telemetry-checks.ts'
import { verifyRelation, verifyTrigger } from './verify.ts'

const columnComments: Readonly<Record<string, string>> = {
  id: 'Unique by its sequence only: a hypertable has no key without the time',
  plant_id: 'solark.plant.id; 0 if the writer names none',
  timestamp: 'When it was measured',
  ...Object.fromEntries(
    quantities.map(({ column, description }) => [column, asComment(description)]),
  ),
  created_at: 'When it was stored',
  txid: 'Transaction that stored it last: the order of commits for the live feed',
}

/**
 * Creates solark.plant, and solark.telemetry, the table of readings. It has one row per plant and instant, so that
 * sending a reading again is harmless. It is a hypertable by timestamp if TimescaleDB 2.18 or later is available.
 * Otherwise it is a regular table, and a notice says why. An older solark.telemetry is adopted with every row; see
 * docs/decisions/005-adoption.md.
 *
 * The schema solark already exists: Kysely creates it for its record of the migrations.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createPlants(db)
  if (await isThere(db)) await adopt(db)
  else await createTelemetry(db)

  await commentColumns(db)
  // For pages of every plant, in the order of their cursor, and for counts of the last day.
  await db.schema
    .createIndex('telemetry_timestamp_plant_id_idx')
    .on('solark.telemetry')
    .columns(['timestamp', 'plant_id'])
    .execute()
  await sql`analyze solark.telemetry`.execute(db)
  await tellStorage(db)
  await registerPlants(db)
  await applyFunctions(db, ['refuse_unregistered', 'refuse_empty_register'])

  await verifyRelation(db, 'solark.plant')
  await verifyRelation(db, 'solark.telemetry')
  await verifyRelation(db, 'solark.telemetry_timestamp_plant_id_idx')
  for (const trigger of ['plant_kept', 'plants_kept']) {
    await verifyTrigger(db, 'solark.plant', trigger)
  }
}

/** Describes what `up` would do with an existing solark.telemetry, in sentences. Writes nothing. */
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
  await db.schema.dropTable('solark.plant').execute()
  await sql`drop function solark.refuse_empty_register()`.execute(db)
  await sql`drop function solark.refuse_unregistered()`.execute(db)
}

async function createPlants(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.plant')
    .addColumn('id', 'integer', (column) => column.primaryKey().check(sql`id >= 0`))
    .addColumn('name', 'text')
    .addColumn('time_zone', 'text', (column) => column.notNull().defaultTo('UTC'))
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .execute()
  await sql`comment on table solark.plant is 'Every plant that was named or has sent a reading'`.execute(
    db,
  )
  await sql`comment on column solark.plant.time_zone is 'IANA name; days, months and years of the plant follow it'`.execute(
    db,
  )
}

async function createTelemetry(db: Kysely<unknown>): Promise<void> {
  let telemetry = db.schema
    .createTable('solark.telemetry')
    .addColumn('id', 'bigserial', (column) => column.notNull())
    .addColumn('plant_id', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('timestamp', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
  for (const { column, type } of quantities) telemetry = telemetry.addColumn(column, sqlTypes[type])
  await telemetry
    .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn('txid', sql`xid8`, (column) => column.notNull().defaultTo(sql`pg_current_xact_id()`))
    // For pages, ranges and the newest reading of one plant.
    .addPrimaryKeyConstraint('telemetry_pkey', ['plant_id', 'timestamp'])
    .execute()
  for (const [name, check] of Object.entries(telemetryChecks)) {
    await sql`alter table solark.telemetry add constraint ${sql.id(name)} check (${check})`.execute(
      db,
    )
  }
  if ((await prepareTimescale(db)) === null) await makeHypertable(db, 'solark.telemetry')
}

/** Columns of an adopted table keep the comments that they have. */
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

/** Registers every plant of an adopted table. Jumps from plant to plant in the key instead of reading every row. */
async function registerPlants(db: Kysely<unknown>): Promise<void> {
  await sql`
    with recursive met (id) as (
      (select plant_id from solark.telemetry order by plant_id limit 1)
      union all
      select next.plant_id from met cross join lateral (
        select plant_id from solark.telemetry where plant_id > met.id order by plant_id limit 1
      ) as next
    )
    insert into solark.plant (id) select id from met on conflict do nothing`.execute(db)
}
