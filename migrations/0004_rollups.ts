import { type Kysely, sql } from 'kysely'
import { numberFields } from '../src/quantities.ts'
import { applyFunctions } from './apply-functions.ts'
import { commentColumns } from './comment.ts'
import { isHypertable } from './hypertable.ts'
import { noteAllReadings } from './note-all-readings.ts'
import { raiseNotice } from './notice.ts'
import { addToTiles } from './quantity-columns.ts'
import { verifyRelation, verifyTrigger } from './verify.ts'

/**
 * Makes charts and energy over years cheap: solark.rollup_quarter and solark.rollup_hour hold what the readings of a
 * plant say about each quarter of an hour and each hour of UTC. Zones whose offset is a multiple of 15 minutes can
 * compose their days of them.
 *
 * One server at a time takes notes from solark.telemetry_change and makes the tiles that they touch again. A query
 * uses the tiles that no note touches, and the readings for the rest. docs/decisions/008-rollups.md has the
 * alternatives.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTiles(db, 'solark.rollup_quarter', 'a quarter of an hour')
  await createTiles(db, 'solark.rollup_hour', 'an hour')
  await createState(db)
  await createCounts(db)
  await applyFunctions(db, ['note_truncated', 'is_noted'])
  await verifyTrigger(db, 'solark.telemetry', 'rollup_truncated')
  await noteAll(db)
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger rollup_truncated on solark.telemetry`.execute(db)
  await sql`drop function solark.note_truncated()`.execute(db)
  await sql`drop function solark.is_noted(integer, timestamptz, timestamptz)`.execute(db)
  for (const table of [
    'counted_chunk',
    'reading_count',
    'rollup',
    'rollup_hour',
    'rollup_quarter',
  ]) {
    await db.schema.dropTable(`solark.${table}`).execute()
  }
}

async function createTiles(
  db: Kysely<unknown>,
  table: 'solark.rollup_quarter' | 'solark.rollup_hour',
  width: string,
): Promise<void> {
  // The newest tiles are updated again and again. Free space on their page lets them stay there (HOT updates), so the
  // index does not change.
  await db.schema
    .createTable(table)
    .addColumn('plant_id', 'integer', (column) => column.notNull())
    .addColumn('samples', 'integer', (column) => column.notNull())
    .addColumn('start', 'timestamptz', (column) => column.notNull())
    .addColumn('covered', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint(`${table.replace('solark.', '')}_pkey`, ['plant_id', 'start'])
    .modifyEnd(sql`with (fillfactor = 90)`)
    .execute()
  await sql`comment on table ${sql.table(table)} is ${sql.lit(
    `Tiles: what the readings of a plant say about ${width} of UTC; npm run rollup -- --rebuild makes them again from solark.telemetry`,
  )}`.execute(db)
  for (const field of numberFields) await addToTiles(db, table, field)
  await verifyRelation(db, table)
}

/** How the tiles were made, and how many readings there are without those in solark.telemetry_change. */
async function createState(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.rollup')
    .addColumn('id', 'boolean', (column) => column.primaryKey().defaultTo(true).check(sql`id`))
    .addColumn('max_gap', sql`interval`, (column) =>
      column.notNull().defaultTo(sql`interval '15 minutes'`),
    )
    .addColumn('readings', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('frozen_until', 'timestamptz')
    .addColumn('kept', sql`tstzmultirange`, (column) => column.notNull().defaultTo('{}'))
    .execute()
  await sql`insert into solark.rollup default values`.execute(db)
  const comments = {
    id: 'The only row',
    max_gap: 'Neighbouring readings further apart are not joined by a line',
    readings: 'Number of rows of solark.telemetry, without what solark.telemetry_change adds',
    frozen_until:
      'Tiles before it never change: retention dropped readings that they were made from',
    kept: 'Hours whose readings were dropped with their chunks: a tile there is replaced only by one that says at least as much',
  }
  await commentColumns(db, 'solark.rollup', comments)
  await verifyRelation(db, 'solark.rollup')
}

async function createCounts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('solark.reading_count')
    .addColumn('hour', 'timestamptz', (column) => column.primaryKey())
    .addColumn('readings', 'bigint', (column) => column.notNull())
    .execute()
  await sql`comment on table solark.reading_count is 'The part of solark.rollup.readings in each hour of UTC'`.execute(
    db,
  )
  // drop_chunks fires no trigger. The names of counted chunks tell later what was dropped.
  await db.schema
    .createTable('solark.counted_chunk')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('first', 'timestamptz', (column) => column.notNull())
    .addColumn('last', 'timestamptz', (column) => column.notNull())
    .execute()
  await sql`comment on table solark.counted_chunk is 'Chunks of the hypertable whose readings are counted; last is exclusive'`.execute(
    db,
  )
  await verifyRelation(db, 'solark.reading_count')
  await verifyRelation(db, 'solark.counted_chunk')
}

/** Counts the readings of an adopted table. The server rolls them up later. */
async function noteAll(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into solark.reading_count (hour, readings)
    select date_bin('1 hour', timestamp, timestamptz '2000-01-01 00:00:00+00'), count(*)
    from solark.telemetry group by 1`.execute(db)
  await sql`
    update solark.rollup
    set readings = coalesce((select sum(readings) from solark.reading_count), 0)`.execute(db)
  if (await isHypertable(db, 'solark.telemetry')) {
    await sql`
      insert into solark.counted_chunk (name, first, last)
      select chunk_name, range_start, range_end from timescaledb_information.chunks
      where hypertable_schema = 'solark' and hypertable_name = 'telemetry'`.execute(db)
  }
  const readings = await noteAllReadings(db)
  if (readings === undefined) return
  await raiseNotice(
    db,
    `${readings} readings are to be rolled up; a running server does that in the background, and until then queries use the readings`,
  )
}
